//! `vcon:link/document`: the vCon that the call is about.
//!
//! Guarantee: an edit is applied whole or not at all, and the document and the list of edits stay within the call's limits.

use super::super::bindings::wit::document::{Analysis, Attachment, Host, OuterForm};
use super::super::bindings::wit::types::Error;
use super::super::state::CallState;
use super::entries;
use vcon_document::{Document, Edit, EditError, Pointer, VconId};

/// Edits of one call. A link that has more to say replaces the document.
const MAX_EDITS: usize = 100_000;

/// Bytes of edits of one call, in documents: a link may set everything, think again, and set it once more.
const EDITS_PER_DOCUMENT: u64 = 2;

type Result<T> = std::result::Result<T, Error>;

impl Host for CallState {
    fn uuid(&mut self) -> String {
        self.context.vcon.as_str().to_owned()
    }

    fn exists(&mut self) -> bool {
        self.document.is_some()
    }

    fn form(&mut self) -> Result<OuterForm> {
        Ok(match self.present()?.form() {
            vcon_document::Form::Unsigned => OuterForm::Unsigned,
            vcon_document::Form::Signed => OuterForm::Signed,
            vcon_document::Form::Encrypted => OuterForm::Encrypted,
        })
    }

    fn size_bytes(&mut self) -> Result<u64> {
        Ok(self.present()?.size_bytes())
    }

    fn json(&mut self) -> Result<String> {
        Ok(self.present()?.text().as_ref().to_owned())
    }

    fn egress_json(&mut self) -> Result<String> {
        let format = self.context.egress;
        Ok(format.apply(self.present()?).as_ref().to_owned())
    }

    fn get(&mut self, pointer: String) -> Result<Option<String>> {
        Ok(self.open()?.get(&parse(&pointer)?).map(std::borrow::Cow::into_owned))
    }

    fn text(&mut self, pointer: String) -> Result<Option<String>> {
        let text = self.open()?.string(&parse(&pointer)?).map_err(error)?;
        Ok(text.map(std::borrow::Cow::into_owned))
    }

    fn length(&mut self, pointer: String) -> Result<Option<u32>> {
        let (document, place) = (self.open()?, parse(&pointer)?);
        match document.length(&place) {
            Some(length) => Ok(Some(u32::try_from(length).unwrap_or(u32::MAX))),
            None if document.get(&place).is_some() => {
                Err(Error::WrongType(format!("{pointer} is neither an array nor an object")))
            }
            None => Ok(None),
        }
    }

    fn set(&mut self, pointer: String, value: String) -> Result<()> {
        self.edit(Edit::Set {
            pointer: parse(&pointer)?,
            value: value.into(),
        })
    }

    fn append(&mut self, pointer: String, value: String) -> Result<()> {
        self.edit(Edit::Append {
            pointer: parse(&pointer)?,
            value: value.into(),
        })
    }

    fn remove(&mut self, pointer: String) -> Result<bool> {
        let pointer = parse(&pointer)?;
        if self.open()?.get(&pointer).is_none() {
            return Ok(false);
        }
        self.edit(Edit::Remove { pointer })?;
        Ok(true)
    }

    fn patch(&mut self, operations: String) -> Result<()> {
        self.bounded_patch(&operations)?;
        self.edit(Edit::Patch {
            operations: operations.into(),
        })
    }

    fn replace(&mut self, document: String) -> Result<()> {
        let before = self.open()?;
        let mut after = Document::parse(document).map_err(|fault| Error::BadJson(fault.to_string()))?;
        if after.uuid() != before.uuid() {
            return Err(Error::BadJson("uuid has to stay the same".to_owned()));
        }
        vcon_document::canonical::upgrade(&mut after);
        let edits = vcon_document::diff::diff(before, &after);
        self.edit_all(edits)
    }

    fn touch(&mut self) -> Result<()> {
        self.edit(Edit::Touch)
    }

    fn tags(&mut self) -> Result<Vec<String>> {
        self.open()?.tags().map_err(error)
    }

    fn add_tag(&mut self, name: String, value: String) -> Result<()> {
        self.edit(Edit::AddTag {
            name: name.into(),
            value: value.into(),
        })
    }

    fn find_analysis(&mut self, dialog: u32, kind: String) -> Result<Option<u32>> {
        Ok(self.open()?.find_analysis(dialog, &kind))
    }

    fn add_analysis(&mut self, entry: Analysis) -> Result<u32> {
        let value = entries::analysis(entry)?;
        self.add_entry("/analysis", value)
    }

    fn find_attachment(&mut self, purpose: String) -> Result<Option<u32>> {
        Ok(self.open()?.find_attachment(&purpose))
    }

    fn add_attachment(&mut self, entry: Attachment) -> Result<u32> {
        let value = entries::attachment(entry)?;
        self.add_entry("/attachments", value)
    }

    fn dialog_count(&mut self) -> Result<u32> {
        let length = self.open()?.length(&parse("/dialog")?).unwrap_or(0);
        Ok(u32::try_from(length).unwrap_or(u32::MAX))
    }

    fn dialog_text(&mut self, index: u32) -> Result<Option<String>> {
        Ok(self.open()?.dialog_text(index))
    }

    fn dialog_body(&mut self, index: u32, offset: u64, length: u32) -> Result<Vec<u8>> {
        Ok(self.open()?.dialog_body(index, offset, length).unwrap_or_default())
    }
}

impl CallState {
    /// The document, whatever its form.
    fn present(&self) -> Result<&Document> {
        self.document.as_ref().ok_or(Error::Missing)
    }

    /// The document, if it can be looked into.
    fn open(&self) -> Result<&Document> {
        let document = self.present()?;
        match document.form() {
            vcon_document::Form::Unsigned => Ok(document),
            vcon_document::Form::Signed | vcon_document::Form::Encrypted => Err(Error::Opaque),
        }
    }

    fn add_entry(&mut self, array: &str, value: String) -> Result<u32> {
        let pointer = parse(array)?;
        self.edit(Edit::Append {
            pointer: pointer.clone(),
            value: value.into(),
        })?;
        let length = self.open()?.length(&pointer).unwrap_or(0);
        Ok(u32::try_from(length.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// Applies several edits, all of them or none.
    fn edit_all(&mut self, edits: Vec<Edit>) -> Result<()> {
        let before = (self.document.clone(), self.edits.len(), self.edit_bytes);
        for edit in edits {
            if let Err(fault) = self.edit(edit) {
                let (document, count, bytes) = before;
                self.document = document;
                self.edits.truncate(count);
                self.edit_bytes = bytes;
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Applies one edit and keeps it.
    pub(in super::super) fn edit(&mut self, edit: Edit) -> Result<()> {
        self.open()?;
        let bytes = weight(&edit);
        let edit_bytes = self.edit_bytes.saturating_add(bytes);
        let limit = self.context.limits.document_bytes;
        if edit_bytes > limit.saturating_mul(EDITS_PER_DOCUMENT) || self.edits.len() >= MAX_EDITS {
            return Err(Error::Limit(format!(
                "the edits of this call are more than {EDITS_PER_DOCUMENT} times document_bytes ({limit}), or more than {MAX_EDITS}"
            )));
        }
        if let Some(name) = held_texts(&edit)
            .into_iter()
            .flatten()
            .find_map(|text| self.log.holds_secret(text))
        {
            return Err(Error::Denied(format!(
                "the text holds the secret {name}, and secrets are not stored in vCons"
            )));
        }
        let Some(document) = self.document.as_mut() else {
            return Err(Error::Missing);
        };
        // Only an edit that could go over the limit pays for the way back.
        let before = (document.size_bytes().saturating_add(bytes) > limit || matches!(edit, Edit::Patch { .. }))
            .then(|| document.clone());
        document.apply(&edit).map_err(error)?;
        if let Some(before) = before
            && document.size_bytes() > limit
        {
            *document = before;
            return Err(Error::Limit(format!(
                "the document would be larger than document_bytes ({limit})"
            )));
        }
        self.edit_bytes = edit_bytes;
        self.edits.push(edit);
        Ok(())
    }

    /// Refuses a patch that would grow without bound: each `copy` may double the document.
    fn bounded_patch(&self, operations: &str) -> Result<()> {
        let limit = self.context.limits.document_bytes;
        let mut size = self.open()?.size_bytes().saturating_add(entries::length(operations));
        for _ in operations.matches("\"copy\"") {
            size = size.saturating_mul(2);
        }
        // A document of 5 KB may hold a dozen copies; beyond that, set the values instead.
        if size > limit.saturating_mul(EDITS_PER_DOCUMENT) {
            return Err(Error::Limit(format!(
                "the patch could make the document larger than document_bytes ({limit}); use fewer `copy` operations"
            )));
        }
        Ok(())
    }
}

/// What an edit adds at most to the document, and holds in memory: its texts, and a little for the quotes and commas around them.
fn weight(edit: &Edit) -> u64 {
    let texts: u64 = held_texts(edit).into_iter().flatten().map(entries::length).sum();
    texts.saturating_add(64)
}

fn held_texts(edit: &Edit) -> [Option<&str>; 2] {
    match edit {
        Edit::Set { value, .. } | Edit::Append { value, .. } => [Some(value), None],
        Edit::Patch { operations } => [Some(operations), None],
        Edit::AddTag { name, value } => [Some(name), Some(value)],
        Edit::Remove { .. } | Edit::Touch => [None, None],
    }
}

fn parse(pointer: &str) -> Result<Pointer> {
    Pointer::parse(pointer).map_err(Error::BadPointer)
}

fn error(error: EditError) -> Error {
    match error {
        EditError::Opaque => Error::Opaque,
        EditError::BadPointer(text) => Error::BadPointer(text),
        EditError::BadJson(text) => Error::BadJson(text),
        EditError::WrongType(text) => Error::WrongType(text),
    }
}

/// A checked id.
pub(super) fn vcon_id(id: &str) -> Result<VconId> {
    VconId::new(id).map_err(|error| Error::BadJson(error.to_string()))
}
