//! `vcon:link/document`: the vCon that the call is about.

use super::edits::{edit_error, parse};
use super::entries;
use crate::bindings::wit::document::{Analysis, Attachment, Host, OuterForm};
use crate::bindings::wit::types::Error;
use crate::state::CallState;
use vcon_document::{Document, Edit, Form, VconId, canonical, diff};

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
            Form::Unsigned => OuterForm::Unsigned,
            Form::Signed => OuterForm::Signed,
            Form::Encrypted => OuterForm::Encrypted,
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
        let text = self.open()?.string(&parse(&pointer)?).map_err(edit_error)?;
        Ok(text.map(std::borrow::Cow::into_owned))
    }

    fn length(&mut self, pointer: String) -> Result<Option<u32>> {
        let (document, at) = (self.open()?, parse(&pointer)?);
        match document.length(&at) {
            Some(length) => Ok(Some(u32::try_from(length).unwrap_or(u32::MAX))),
            None if document.get(&at).is_some() => {
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
        self.check_patch(&operations)?;
        self.edit(Edit::Patch {
            operations: operations.into(),
        })
    }

    fn replace(&mut self, document: String) -> Result<()> {
        let before = self.open()?;
        let mut after = Document::parse(document).map_err(|error| Error::BadJson(error.to_string()))?;
        if after.uuid() != before.uuid() {
            return Err(Error::BadJson("uuid has to stay the same".to_owned()));
        }
        canonical::upgrade(&mut after);
        let edits = diff::diff(before, &after);
        self.edit_all(edits)
    }

    fn touch(&mut self) -> Result<()> {
        self.edit(Edit::Touch)
    }

    fn tags(&mut self) -> Result<Vec<String>> {
        self.open()?.tags().map_err(edit_error)
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

/// Checks the id of a vCon.
pub(super) fn vcon_id(id: &str) -> Result<VconId> {
    VconId::new(id).map_err(|error| Error::BadJson(error.to_string()))
}
