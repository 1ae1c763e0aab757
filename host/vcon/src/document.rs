//! One vCon in memory.
//!
//! Guarantee: values that were not edited are written as the bytes they were read from. The cost of
//! an edit depends on what it changes, not on the size of the document. An edit that fails leaves
//! the document as it was.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::Text;
use super::scan::Scanner;
use super::tree::{LEVELS, Node};
use super::view::{Kind, View};
use super::{Edit, EditError, Pointer, apply, body, dates, sealed, tags};
use crate::VconId;

/// The outer form of a document: whether it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Plain JSON.
    Unsigned,
    /// A JWS in general JSON serialisation: members `payload` and `signatures`.
    Signed,
    /// A JWE in general JSON serialisation: members `ciphertext` and `recipients`.
    Encrypted,
}

/// The reason why a text is not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is not strict JSON. The reason names line and column.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The text is JSON, but not a JSON object.
    #[error("not a vCon: {0}")]
    NotVcon(String),
}

/// One vCon. A clone is cheap: it shares the text that the document was read from.
///
/// # Examples
/// ```
/// use vcon_document::{Document, Pointer};
///
/// let document = Document::parse(r#"{"parties": [{"tel": "+15550100"}, {}]}"#)?;
/// let parties = Pointer::parse("/parties")?;
/// assert_eq!(document.length(&parties), Some(2));
/// assert_eq!(document.get(&parties.child("0")).as_deref(), Some(r#"{"tel": "+15550100"}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Document {
    base: Text,
    root: Node,
    /// The current text, if it was written since the last edit.
    written: OnceLock<Text>,
}

impl Document {
    /// Reads any JSON object. It is strict about JSON: duplicate member names, numbers beyond the
    /// range of a double, lone surrogates, more than [`MAX_DEPTH`](crate::MAX_DEPTH) levels and 4
    /// GiB or more of text are refused. It does not look at the content, see
    /// [`ingest`](crate::ingest) for that.
    ///
    /// # Errors
    /// [`DocumentError::NotJson`] with the reason and its place, or [`DocumentError::NotVcon`] if
    /// the text is not an object.
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

    /// Makes a document from parts that passed a strict scan.
    pub(super) fn from_parts(base: Text, root: Node) -> Self {
        Self {
            base,
            root,
            written: OnceLock::new(),
        }
    }

    /// Returns the whole document for reading, whatever its form.
    pub(super) fn view(&self) -> View<'_> {
        View::of(&self.root, &self.base)
    }

    /// Returns the tree for changing, and the text that it lies over.
    pub(super) fn change(&mut self) -> (&mut Node, &str) {
        self.written = OnceLock::new();
        (&mut self.root, &self.base)
    }

    /// Returns the document for reading. None if it is signed or encrypted.
    pub(super) fn open(&self) -> Option<View<'_>> {
        (self.form() == Form::Unsigned).then(|| self.view())
    }

    /// Returns the outer form.
    #[must_use]
    pub fn form(&self) -> Form {
        sealed::form(self.view())
    }

    /// Returns the member `uuid`. In signed and encrypted forms it is read from an unencrypted
    /// header or from the signed payload, without verification. None if there is no usable id.
    #[must_use]
    pub fn uuid(&self) -> Option<VconId> {
        let text = match self.open() {
            Some(view) => view.member("uuid")?.string()?.into_owned(),
            None => sealed::uuid(self.view())?,
        };
        VconId::new(text).ok()
    }

    /// Returns `created_at` in whole Unix seconds. A time without offset counts as UTC. None if it
    /// can't be read as a date.
    #[must_use]
    pub fn created_at_s(&self) -> Option<i64> {
        self.created_at().map(dates::Moment::unix_s)
    }

    /// Returns the day of `created_at` as `YYYY/MM/DD`, in the offset that is written there. None
    /// if it can't be read as a date.
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

    /// Returns the current JSON text. The text is shared. It is written anew only in the first call
    /// after an edit.
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

    /// Returns the length of [`text`](Self::text) in bytes, without writing it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let bytes = match self.written.get() {
            _ if self.is_as_read() => self.base.len(),
            Some(text) => text.len(),
            None => self.root.size(&self.base),
        };
        bytes as u64
    }

    /// Returns the JSON text of the value at a pointer. None if there is no value, or if the
    /// document is signed or encrypted.
    #[must_use]
    pub fn get(&self, pointer: &Pointer) -> Option<Cow<'_, str>> {
        Some(self.open()?.walk(&pointer.tokens())?.text())
    }

    /// Returns the string at a pointer, unescaped. None if there is no value, or if the document is
    /// signed or encrypted.
    ///
    /// # Errors
    /// [`EditError::WrongType`] if the value is not a string.
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

    /// Returns the number of elements or members of the value at a pointer. None if there is no
    /// array or object, or if the document is signed or encrypted.
    #[must_use]
    pub fn length(&self, pointer: &Pointer) -> Option<usize> {
        self.open()?.walk(&pointer.tokens())?.length()
    }

    /// Applies one edit as a whole.
    ///
    /// # Errors
    /// The reason why the edit can't be applied. The document is then as before.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        if self.form() != Form::Unsigned {
            return Err(EditError::Opaque);
        }
        apply::apply(self, edit)
    }

    /// Returns the entries of the tags attachment, each `name:value`. The tags attachment is the
    /// first whose `purpose` or `type` is `tags`. Without one, the list is empty.
    ///
    /// # Errors
    /// If the body of the attachment is not a list of texts, or the document is signed or
    /// encrypted.
    pub fn tags(&self) -> Result<Vec<String>, EditError> {
        tags::list(self.open().ok_or(EditError::Opaque)?)
    }

    /// Returns the index of the first analysis with type `kind` whose `dialog` is this index. An
    /// analysis with a list of dialogs is not found.
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

    /// Returns the index of the first attachment whose `purpose` or `type` is `purpose`.
    #[must_use]
    pub fn find_attachment(&self, purpose: &str) -> Option<u32> {
        u32::try_from(tags::position(self.open()?, purpose)?).ok()
    }

    /// Returns the inline text of a dialog, decoded by its `encoding`. None if there is no dialog
    /// at this index, no inline body, or a body that is not text.
    #[must_use]
    pub fn dialog_text(&self, index: u32) -> Option<String> {
        body::text(self.dialog(index)?)
    }

    /// Returns at most `length` bytes of the decoded inline body of a dialog, from byte `offset`.
    /// Empty at the end of the body. None if there is no dialog at this index, no inline body, or a
    /// body that can't be decoded.
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
