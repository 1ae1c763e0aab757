//! One vCon in memory.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Edit, EditError, Pointer};
use crate::names::VconId;

/// The outer form of a document (`spec/vcon.md` §7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Plain JSON.
    Unsigned,
    /// A JWS in general JSON serialisation.
    Signed,
    /// A JWE in general JSON serialisation.
    Encrypted,
}

/// Why a text is not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// JSON, but not a vCon.
    #[error("not a vCon: {0}")]
    NotVcon(String),
}

/// One vCon. Cheap to clone: the text it came from is shared.
#[derive(Debug, Clone)]
pub struct Document {
    _text: Arc<str>,
}

impl Document {
    /// Reads a text that comes from the store, a storage or a link. Lenient about content, strict about JSON:
    /// duplicate members and more than [`super::json::MAX_DEPTH`] levels are refused.
    ///
    /// # Errors
    /// Where and why it is not JSON, or that it is not an object.
    pub fn parse(_text: impl Into<Arc<str>>) -> Result<Self, DocumentError> { todo!() }
    /// The outer form.
    #[must_use]
    pub fn form(&self) -> Form { todo!() }
    /// The `uuid` member (for sealed forms, from the header or the signed payload).
    #[must_use]
    pub fn uuid(&self) -> Option<VconId> { todo!() }
    /// `created_at` in whole Unix seconds, where it can be read as a date. No offset counts as UTC.
    #[must_use]
    pub fn created_at_s(&self) -> Option<i64> { todo!() }
    /// `YYYY/MM/DD` of `created_at` in the offset written there (`spec/storages.md` §0), where it can be read.
    #[must_use]
    pub fn created_on(&self) -> Option<String> { todo!() }
    /// The JSON text as it is now. Shared and free when nothing was edited since the last call.
    #[must_use]
    pub fn text(&self) -> Arc<str> { todo!() }
    /// The length of that text; does not build it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 { todo!() }
    /// The JSON text of the value at a pointer.
    #[must_use]
    pub fn get(&self, _pointer: &Pointer) -> Option<Cow<'_, str>> { todo!() }
    /// The string at a pointer, unescaped.
    ///
    /// # Errors
    /// When the value is not a string.
    pub fn string(&self, _pointer: &Pointer) -> Result<Option<Cow<'_, str>>, EditError> { todo!() }
    /// The number of elements or members at a pointer; nothing if there is no array or object.
    #[must_use]
    pub fn length(&self, _pointer: &Pointer) -> Option<usize> { todo!() }
    /// Applies one edit: all of it or nothing.
    ///
    /// # Errors
    /// Why it does not fit; the document is as before.
    pub fn apply(&mut self, _edit: &Edit) -> Result<(), EditError> { todo!() }
    /// The entries of the tags attachment (`spec/links.md` §3.1).
    ///
    /// # Errors
    /// When the attachment's body is something other than a list of texts.
    pub fn tags(&self) -> Result<Vec<String>, EditError> { todo!() }
    /// The index of the first analysis with this type whose `dialog` equals this index.
    #[must_use]
    pub fn find_analysis(&self, _dialog: u32, _kind: &str) -> Option<u32> { todo!() }
    /// The index of the first attachment whose `purpose`, or else `type`, is this.
    #[must_use]
    pub fn find_attachment(&self, _purpose: &str) -> Option<u32> { todo!() }
    /// The inline text of a dialog, decoded by its `encoding`; nothing if it is not text.
    #[must_use]
    pub fn dialog_text(&self, _index: u32) -> Option<String> { todo!() }
    /// Bytes of the decoded inline body of a dialog; empty at the end, nothing if there is no inline body.
    #[must_use]
    pub fn dialog_body(&self, _index: u32, _offset: u64, _length: u32) -> Option<Vec<u8>> { todo!() }
}
