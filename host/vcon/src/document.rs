//! One vCon in memory.
//!
//! Guarantee: the text stays the bytes it was read from wherever nothing was edited; an edit costs what it changes, not what the
//! document holds; an edit that fails leaves the document as it was.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::Text;
use super::scan::Scanner;
use super::tree::{LEVELS, Node};
use super::view::{Kind, View};
use super::{Edit, EditError, Pointer, apply, body, dates, sealed, tags};
use crate::VconId;

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
    base: Text,
    root: Node,
    /// The text as it is now, once someone asked for it.
    written: OnceLock<Text>,
}

impl Document {
    /// Reads a text that comes from the store, a storage or a link. Lenient about content, strict about JSON:
    /// duplicate members and more than [`MAX_DEPTH`](crate::MAX_DEPTH) levels are refused.
    ///
    /// # Errors
    /// Where and why it is not JSON, or that it is not an object.
    pub fn parse(text: impl Into<Text>) -> Result<Self, DocumentError> {
        let base: Text = text.into();
        if u32::try_from(base.len()).is_err() {
            return Err(DocumentError::NotJson("longer than 4 GiB".to_owned()));
        }
        let mut scanner = Scanner::strict(&base);
        scanner.space();
        let read = Node::read(&mut scanner, LEVELS).and_then(|root| scanner.end().map(|()| root));
        let root = read.map_err(|error| DocumentError::NotJson(error.describe(&base)))?;
        if View::of(&root, &base).kind() != Kind::Object {
            return Err(DocumentError::NotVcon(
                "the outermost value has to be an object".to_owned(),
            ));
        }
        Ok(Self {
            base,
            root,
            written: OnceLock::new(),
        })
    }

    /// A document from parts that passed a strict scan.
    pub(super) fn from_parts(base: Text, root: Node) -> Self {
        Self {
            base,
            root,
            written: OnceLock::new(),
        }
    }

    /// The whole document, to be read, whatever its form.
    pub(super) fn view(&self) -> View<'_> {
        View::of(&self.root, &self.base)
    }

    /// The tree and the text that it lies over, to be changed.
    pub(super) fn change(&mut self) -> (&mut Node, &str) {
        self.written = OnceLock::new();
        (&mut self.root, &self.base)
    }

    /// The document, to be read, if it is not sealed.
    pub(super) fn open(&self) -> Option<View<'_>> {
        (self.form() == Form::Unsigned).then(|| self.view())
    }

    /// The outer form.
    #[must_use]
    pub fn form(&self) -> Form {
        sealed::form(self.view())
    }

    /// The `uuid` member (for sealed forms, from the header or the signed payload).
    #[must_use]
    pub fn uuid(&self) -> Option<VconId> {
        let text = match self.open() {
            Some(view) => view.member("uuid")?.string()?.into_owned(),
            None => sealed::uuid(self.view())?,
        };
        VconId::new(text).ok()
    }

    /// `created_at` in whole Unix seconds, where it can be read as a date. No offset counts as UTC.
    #[must_use]
    pub fn created_at_s(&self) -> Option<i64> {
        self.created_at().map(dates::Moment::unix_s)
    }

    /// `YYYY/MM/DD` of `created_at` in the offset written there (`spec/storages.md` §0), where it can be read.
    #[must_use]
    pub fn created_on(&self) -> Option<String> {
        self.created_at().map(dates::Moment::day)
    }

    fn created_at(&self) -> Option<dates::Moment> {
        match self.open() {
            Some(view) => dates::Moment::of(view.member("created_at")?),
            None => sealed::payload(self.view())?.created_at(),
        }
    }

    /// The JSON text as it is now. Shared and free when nothing was edited since the last call.
    #[must_use]
    pub fn text(&self) -> Text {
        if self.is_as_read() {
            return self.base.clone();
        }
        let write = || {
            let mut out = String::with_capacity(self.root.size(&self.base));
            self.root.write(&self.base, &mut out);
            Text::from(out)
        };
        self.written.get_or_init(write).clone()
    }

    fn is_as_read(&self) -> bool {
        self.root.original(&self.base).is_some()
    }

    /// The length of that text; does not build it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let bytes = match self.written.get() {
            _ if self.is_as_read() => self.base.len(),
            Some(text) => text.len(),
            None => self.root.size(&self.base),
        };
        bytes as u64
    }

    /// The JSON text of the value at a pointer.
    #[must_use]
    pub fn get(&self, pointer: &Pointer) -> Option<Cow<'_, str>> {
        Some(self.open()?.walk(&pointer.tokens())?.text())
    }

    /// The string at a pointer, unescaped.
    ///
    /// # Errors
    /// When the value is not a string.
    pub fn string(&self, pointer: &Pointer) -> Result<Option<Cow<'_, str>>, EditError> {
        let Some(value) = self.open().and_then(|view| view.walk(&pointer.tokens())) else {
            return Ok(None);
        };
        match value.string() {
            Some(text) => Ok(Some(text)),
            None => Err(EditError::WrongType(format!(
                "{pointer:?} is not a string",
                pointer = pointer.as_str()
            ))),
        }
    }

    /// The number of elements or members at a pointer; nothing if there is no array or object.
    #[must_use]
    pub fn length(&self, pointer: &Pointer) -> Option<usize> {
        self.open()?.walk(&pointer.tokens())?.length()
    }

    /// Applies one edit: all of it or nothing.
    ///
    /// # Errors
    /// Why it does not fit; the document is as before.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        if self.form() != Form::Unsigned {
            return Err(EditError::Opaque);
        }
        apply::apply(self, edit)
    }

    /// The entries of the tags attachment (`spec/links.md` §3.1).
    ///
    /// # Errors
    /// When the attachment's body is something other than a list of texts.
    pub fn tags(&self) -> Result<Vec<String>, EditError> {
        tags::list(self.open().ok_or(EditError::Opaque)?)
    }

    /// The index of the first analysis with this type whose `dialog` equals this index.
    #[must_use]
    pub fn find_analysis(&self, dialog: u32, kind: &str) -> Option<u32> {
        let entries = self.open()?.member("analysis")?.elements();
        let dialog = i64::from(dialog);
        let fits = |entry: &View<'_>| {
            entry.member("type").is_some_and(|own| own.is(kind))
                && entry.member("dialog").and_then(View::integer) == Some(dialog)
        };
        u32::try_from(entries.iter().position(fits)?).ok()
    }

    /// The index of the first attachment whose `purpose`, or else `type`, is this.
    #[must_use]
    pub fn find_attachment(&self, purpose: &str) -> Option<u32> {
        u32::try_from(tags::position(self.open()?, purpose)?).ok()
    }

    /// The inline text of a dialog, decoded by its `encoding`; nothing if it is not text.
    #[must_use]
    pub fn dialog_text(&self, index: u32) -> Option<String> {
        body::text(self.dialog(index)?)
    }

    /// Bytes of the decoded inline body of a dialog; empty at the end, nothing if there is no inline body.
    #[must_use]
    pub fn dialog_body(&self, index: u32, offset: u64, length: u32) -> Option<Vec<u8>> {
        body::bytes(self.dialog(index)?, offset, length)
    }

    fn dialog(&self, index: u32) -> Option<View<'_>> {
        self.open()?.member("dialog")?.element(index as usize)
    }
}

#[cfg(test)]
mod tests;
