//! The vCon of this call. It stays in the host: each function reads or changes one part of it.
//!
//! Names are those of the current draft, whatever version is stored (`mediatype`, `purpose`,
//! `amended`). The link sees its edits at once.

use crate::bindings::link::vcon::link::document as host;
use crate::{Analysis, Attachment, Error, OuterForm, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The vCon that this call is about.
#[derive(Debug)]
pub struct Vcon {
    _only_from_the_host: (),
}

impl Vcon {
    pub(crate) fn current() -> Self {
        Self {
            _only_from_the_host: (),
        }
    }

    /// Returns the id of the vCon, also when the vCon does not exist.
    pub fn uuid(&self) -> String {
        host::uuid()
    }

    /// Returns whether the vCon exists. If it does not, everything else returns [`Error::Missing`].
    pub fn exists(&self) -> bool {
        host::exists()
    }

    /// Returns the outer form of the document: plain, signed or encrypted.
    pub fn form(&self) -> Result<OuterForm, Error> {
        host::form()
    }

    /// Returns the length of the document's JSON text as it is now, in bytes.
    pub fn size_bytes(&self) -> Result<u64, Error> {
        host::size_bytes()
    }

    /// Returns the whole document as JSON text. This is the most expensive function: ask for a part
    /// if a part is enough.
    pub fn text_of_all(&self) -> Result<String, Error> {
        host::json()
    }

    /// Reads the whole document.
    pub fn document<T: DeserializeOwned>(&self) -> Result<T, Error> {
        json::read(&host::json()?)
    }

    /// Returns the whole document as JSON text, in the format that this deployment sends out.
    pub fn egress_text(&self) -> Result<String, Error> {
        host::egress_json()
    }

    /// Reads the value at a JSON Pointer, for example `/parties/0/name`. `None` if there is none.
    pub fn get<T: DeserializeOwned>(&self, pointer: &str) -> Result<Option<T>, Error> {
        host::get(pointer)?.map(|text| json::read(&text)).transpose()
    }

    /// Returns the value at a JSON Pointer as JSON text, as it was written. `None` if there is
    /// none.
    pub fn get_json(&self, pointer: &str) -> Result<Option<String>, Error> {
        host::get(pointer)
    }

    /// Returns the string at a JSON Pointer. `None` if there is no value. Fails with `wrong-type`
    /// if it is not a string.
    pub fn text(&self, pointer: &str) -> Result<Option<String>, Error> {
        host::text(pointer)
    }

    /// Returns the number of elements or members at a JSON Pointer. `None` if there is no value.
    pub fn length(&self, pointer: &str) -> Result<Option<u32>, Error> {
        host::length(pointer)
    }

    /// Returns true if there is a value at a JSON Pointer, `null` included. Cheap for values of any
    /// size.
    pub fn has(&self, pointer: &str) -> Result<bool, Error> {
        match host::length(pointer) {
            Ok(length) => Ok(length.is_some()),
            Err(Error::WrongType(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Sets the member or element at a JSON Pointer. The parent has to exist. A missing member is
    /// added as the last.
    pub fn set<T: Serialize + ?Sized>(&self, pointer: &str, value: &T) -> Result<(), Error> {
        host::set(pointer, &json::write(value)?)
    }

    /// Appends to the array at a JSON Pointer. A missing array is created if its parent exists.
    pub fn append<T: Serialize + ?Sized>(&self, pointer: &str, value: &T) -> Result<(), Error> {
        host::append(pointer, &json::write(value)?)
    }

    /// Removes the value at a JSON Pointer. Returns false if there was none. Other parts refer to
    /// entries of `parties`, `dialog`, `analysis` and `attachments` by index: make such an entry
    /// empty instead of removing it.
    pub fn remove(&self, pointer: &str) -> Result<bool, Error> {
        host::remove(pointer)
    }

    /// Applies a JSON Patch (RFC 6902): all operations or none.
    pub fn patch<T: Serialize + ?Sized>(&self, operations: &T) -> Result<(), Error> {
        host::patch(&json::write(operations)?)
    }

    /// Replaces the whole document. `uuid` has to stay the same. The host keeps the differences as
    /// edits.
    pub fn replace<T: Serialize + ?Sized>(&self, document: &T) -> Result<(), Error> {
        host::replace(&json::write(document)?)
    }

    /// Makes the host write the document back, with current names, although the link changed
    /// nothing.
    pub fn touch(&self) -> Result<(), Error> {
        host::touch()
    }

    /// Returns the tags, each `name:value`.
    pub fn tags(&self) -> Result<Vec<String>, Error> {
        host::tags()
    }

    /// Returns the value of the first tag with this name.
    pub fn tag(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.tags()?.iter().find_map(|tag| value_of(tag, name)))
    }

    /// Adds the tag `name:value`. Does not check for duplicates.
    pub fn add_tag(&self, name: &str, value: &str) -> Result<(), Error> {
        host::add_tag(name, value)
    }

    /// Returns the index of the first analysis of this type whose member `dialog` is this index.
    pub fn find_analysis(&self, dialog: u32, kind: &str) -> Result<Option<u32>, Error> {
        host::find_analysis(dialog, kind)
    }

    /// Appends an analysis and returns its index.
    pub fn add_analysis(&self, entry: Analysis) -> Result<u32, Error> {
        host::add_analysis(&entry.into())
    }

    /// Returns the index of the first attachment with this purpose.
    pub fn find_attachment(&self, purpose: &str) -> Result<Option<u32>, Error> {
        host::find_attachment(purpose)
    }

    /// Appends an attachment and returns its index.
    pub fn add_attachment(&self, entry: Attachment) -> Result<u32, Error> {
        host::add_attachment(&entry.into())
    }

    /// Returns the number of dialogs.
    pub fn dialog_count(&self) -> Result<u32, Error> {
        host::dialog_count()
    }

    /// Returns the inline text of a dialog, decoded. `None` if it has no inline body or the body is
    /// not text.
    pub fn dialog_text(&self, index: u32) -> Result<Option<String>, Error> {
        host::dialog_text(index)
    }

    /// Reads a dialog's decoded inline body in pieces. Needs memory for one piece only.
    pub fn dialog_body(&self, index: u32) -> impl Iterator<Item = Result<Vec<u8>, Error>> + use<> {
        pieces(move |offset| host::dialog_body(index, offset, 64 * 1024))
    }
}

/// Reads until an empty piece or the first error.
fn pieces(mut read: impl FnMut(u64) -> Result<Vec<u8>, Error>) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let offset = next.take()?;
        let piece = read(offset);
        match &piece {
            Ok(piece) if piece.is_empty() => return None,
            Ok(piece) => next = Some(offset + piece.len() as u64),
            Err(_) => {}
        }
        Some(piece)
    })
}

fn value_of(tag: &str, name: &str) -> Option<String> {
    Some(tag.strip_prefix(name)?.strip_prefix(':')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_what_follows_the_first_colon() {
        assert_eq!(value_of("a:b:c", "a").as_deref(), Some("b:c"));
        assert_eq!(value_of("ab:c", "a"), None);
    }

    #[test]
    fn a_body_is_read_to_its_end() {
        let body = b"hello";
        let read = pieces(|offset| Ok(body.iter().skip(offset as usize).take(2).copied().collect()));
        let all: Vec<u8> = read.flat_map(Result::unwrap).collect();
        assert_eq!(all, body);
    }

    #[test]
    fn reading_ends_at_an_error() {
        let read = pieces(|_| Err(Error::Missing));
        assert!(matches!(read.collect::<Vec<_>>().as_slice(), [Err(Error::Missing)]));
    }
}
