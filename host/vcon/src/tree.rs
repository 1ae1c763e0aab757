//! The lazy tree of a document.
//!
//! Guarantee: values that were not changed are written as the bytes they were read from. Clones
//! share everything. A change copies only the containers on the way to it.
//!
//! Not `serde_json::Value`: a document that is read into it can't be written with its original
//! bytes.

use std::borrow::Cow;
use std::sync::Arc;

use super::Text;
use super::edit::EditError;
use super::json::quote;
use super::pointer::index;
use super::scan::Span;

mod parts;
mod read;

pub(super) use parts::{Array, Key, Member, Object, Slice};

/// The levels that are expanded into nodes when a document is read: members, entries, members of
/// entries. Deeper values stay text until they are edited.
pub(super) const LEVELS: usize = 3;

/// The largest number of nodes that are made when a text is read. Further containers stay text, so
/// that a hostile text of millions of tiny values does not take many times its size in memory. Real
/// vCons have a few hundred nodes.
const MAX_NODES: usize = 100_000;

/// A JSON value: text, or a container that is expanded into nodes.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// JSON text of a document or an edit.
    Raw(Slice),
    /// JSON text that this crate writes.
    Fixed(&'static str),
    /// An expanded object.
    Object(Arc<Object>),
    /// An expanded array.
    Array(Arc<Array>),
}

impl Node {
    /// Makes a node of checked JSON text.
    pub(super) fn raw(text: impl Into<Text>) -> Self {
        let text = text.into();
        let trimmed = text.trim_matches([' ', '\n', '\r', '\t']);
        let start = text.len() - text.trim_start_matches([' ', '\n', '\r', '\t']).len();
        let span = Span {
            start,
            end: start + trimmed.len(),
        };
        Self::Raw(Slice::new(Some(&text), span))
    }

    /// Makes a node of a string.
    pub(super) fn string(text: &str) -> Self {
        Self::raw(quote(text))
    }

    /// Returns the object for changing. None if this is something else.
    pub(super) fn object_mut(&mut self, base: &str) -> Option<&mut Object> {
        self.expand(base);
        match self {
            Self::Object(object) => Some(Arc::make_mut(object)),
            _ => None,
        }
    }

    /// Returns the array for changing. None if this is something else.
    pub(super) fn array_mut(&mut self, base: &str) -> Option<&mut Array> {
        self.expand(base);
        match self {
            Self::Array(array) => Some(Arc::make_mut(array)),
            _ => None,
        }
    }

    /// Calls `edit` with the node at a path. Returns None if the path has no node. In that case,
    /// and if `edit` fails, everything is as before. `edit` has to check before it changes
    /// anything.
    pub(super) fn edit_at<R>(
        &mut self,
        base: &str,
        path: &[Cow<'_, str>],
        edit: impl FnOnce(&mut Self) -> Result<R, EditError>,
    ) -> Result<Option<R>, EditError> {
        let Some((token, rest)) = path.split_first() else {
            return edit(self).map(Some);
        };
        self.expand(base);
        match self {
            Self::Object(object) => {
                let Some(at) = object.position(token, base) else {
                    return Ok(None);
                };
                let object = Arc::make_mut(object);
                let Some(member) = object.members.get_mut(at) else {
                    return Ok(None);
                };
                let edited = member.value.edit_at(base, rest, edit)?;
                if edited.is_some() {
                    object.origin = None;
                }
                Ok(edited)
            }
            Self::Array(array) => {
                let Some(at) = index(token).filter(|&at| at < array.elements.len()) else {
                    return Ok(None);
                };
                let array = Arc::make_mut(array);
                let Some(element) = array.elements.get_mut(at) else {
                    return Ok(None);
                };
                let edited = element.edit_at(base, rest, edit)?;
                if edited.is_some() {
                    array.origin = None;
                }
                Ok(edited)
            }
            Self::Raw(_) | Self::Fixed(_) => Ok(None),
        }
    }

    /// Returns the text that this was read from. None if something in it was changed.
    pub(super) fn original<'a>(&'a self, base: &'a str) -> Option<&'a str> {
        match self {
            Self::Raw(slice) => Some(slice.text(base)),
            Self::Fixed(text) => Some(text),
            Self::Object(object) => object.origin.as_ref().map(|slice| slice.text(base)),
            Self::Array(array) => array.origin.as_ref().map(|slice| slice.text(base)),
        }
    }

    /// Writes the JSON text.
    pub(super) fn write(&self, base: &str, out: &mut String) {
        if let Some(text) = self.original(base) {
            out.push_str(text);
            return;
        }
        match self {
            Self::Object(object) => {
                out.push('{');
                for (at, member) in object.members.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    member.key.write(base, out);
                    out.push(':');
                    member.value.write(base, out);
                }
                out.push('}');
            }
            Self::Array(array) => {
                out.push('[');
                for (at, element) in array.elements.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    element.write(base, out);
                }
                out.push(']');
            }
            Self::Raw(_) | Self::Fixed(_) => {}
        }
    }

    /// Returns the length of the JSON text in bytes, without writing it.
    pub(super) fn size(&self, base: &str) -> usize {
        if let Some(text) = self.original(base) {
            return text.len();
        }
        match self {
            Self::Object(object) => {
                let members = object
                    .members
                    .iter()
                    .map(|member| member.key.size() + 1 + member.value.size(base));
                2 + members.sum::<usize>() + object.members.len().saturating_sub(1)
            }
            Self::Array(array) => {
                let elements = array.elements.iter().map(|element| element.size(base));
                2 + elements.sum::<usize>() + array.elements.len().saturating_sub(1)
            }
            Self::Raw(_) | Self::Fixed(_) => 0,
        }
    }
}
