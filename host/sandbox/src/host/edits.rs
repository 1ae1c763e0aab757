//! Edits of the call's document.
//!
//! Guarantee: an edit is applied completely or not at all. The document and the list of edits stay
//! within the call's limits, and no edit contains a secret that the link received.

use super::entries;
use crate::bindings::wit::types::Error;
use crate::state::CallState;
use vcon_document::{Document, Edit, EditError, Form, Pointer};

/// Maximum number of edits of one call. A link with more changes replaces the document.
const MAX_EDITS: usize = 100_000;

/// Maximum size of all edits of one call, in documents of the maximum size. A link may set
/// everything twice.
const EDITS_PER_DOCUMENT: u64 = 2;

/// Bytes that quotes and commas around an edit's texts add to its size.
const EDIT_OVERHEAD_BYTES: u64 = 64;

impl CallState {
    /// Returns the document in any form.
    pub(super) fn present(&self) -> Result<&Document, Error> {
        self.document.as_ref().ok_or(Error::Missing)
    }

    /// Returns the document if it is neither signed nor encrypted.
    pub(super) fn open(&self) -> Result<&Document, Error> {
        let document = self.present()?;
        match document.form() {
            Form::Unsigned => Ok(document),
            Form::Signed | Form::Encrypted => Err(Error::Opaque),
        }
    }

    /// Appends an entry to an array of the document and returns its index.
    pub(super) fn add_entry(&mut self, array: &str, value: String) -> Result<u32, Error> {
        let pointer = parse(array)?;
        self.edit(Edit::Append {
            pointer: pointer.clone(),
            value: value.into(),
        })?;
        let length = self.open()?.length(&pointer).unwrap_or(0);
        Ok(u32::try_from(length.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// Applies several edits, all of them or none.
    pub(super) fn edit_all(&mut self, edits: Vec<Edit>) -> Result<(), Error> {
        let before = (self.document.clone(), self.edits.len(), self.edit_bytes);
        for edit in edits {
            if let Err(error) = self.edit(edit) {
                let (document, count, bytes) = before;
                self.document = document;
                self.edits.truncate(count);
                self.edit_bytes = bytes;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Applies one edit and adds it to the list of edits.
    pub(crate) fn edit(&mut self, edit: Edit) -> Result<(), Error> {
        self.open()?;
        let bytes = size_of(&edit);
        let edit_bytes = self.edit_bytes.saturating_add(bytes);
        let limit = self.context.limits.document_bytes;
        if edit_bytes > limit.saturating_mul(EDITS_PER_DOCUMENT) || self.edits.len() >= MAX_EDITS {
            return Err(Error::Limit(format!(
                "the edits of this call are more than {EDITS_PER_DOCUMENT} times document_bytes ({limit}), or more than {MAX_EDITS}"
            )));
        }
        if let Some(name) = texts_of(&edit)
            .into_iter()
            .flatten()
            .find_map(|text| self.log.secret_in(text))
        {
            return Err(Error::Denied(format!(
                "the text contains the secret {name}, and secrets are not stored in vCons"
            )));
        }
        let Some(document) = self.document.as_mut() else {
            return Err(Error::Missing);
        };
        // Only an edit that could exceed the limit pays for a copy to return to.
        let before = (document.size_bytes().saturating_add(bytes) > limit || matches!(edit, Edit::Patch { .. }))
            .then(|| document.clone());
        document.apply(&edit).map_err(edit_error)?;
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

    /// Refuses a patch that could grow without bound: each `copy` may double the document.
    pub(super) fn check_patch(&self, operations: &str) -> Result<(), Error> {
        let limit = self.context.limits.document_bytes;
        let mut size = self.open()?.size_bytes().saturating_add(entries::length(operations));
        for _ in operations.matches("\"copy\"") {
            size = size.saturating_mul(2);
        }
        // A patch of a document of 5 KB may have a dozen copies.
        if size > limit.saturating_mul(EDITS_PER_DOCUMENT) {
            return Err(Error::Limit(format!(
                "the patch could make the document larger than document_bytes ({limit}); use fewer `copy` operations"
            )));
        }
        Ok(())
    }
}

/// Returns the maximum number of bytes that an edit adds to the document and holds in memory.
fn size_of(edit: &Edit) -> u64 {
    let texts: u64 = texts_of(edit).into_iter().flatten().map(entries::length).sum();
    texts.saturating_add(EDIT_OVERHEAD_BYTES)
}

fn texts_of(edit: &Edit) -> [Option<&str>; 2] {
    match edit {
        Edit::Set { value, .. } | Edit::Append { value, .. } => [Some(value), None],
        Edit::Patch { operations } => [Some(operations), None],
        Edit::AddTag { name, value } => [Some(name), Some(value)],
        Edit::Remove { .. } | Edit::Touch => [None, None],
    }
}

/// Parses a JSON Pointer.
pub(super) fn parse(pointer: &str) -> Result<Pointer, Error> {
    Pointer::parse(pointer).map_err(Error::BadPointer)
}

/// Turns an error of the document into the contract's error.
pub(super) fn edit_error(error: EditError) -> Error {
    match error {
        EditError::Opaque => Error::Opaque,
        EditError::BadPointer(text) => Error::BadPointer(text),
        EditError::BadJson(text) => Error::BadJson(text),
        EditError::WrongType(text) => Error::WrongType(text),
    }
}
