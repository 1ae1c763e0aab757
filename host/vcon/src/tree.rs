//! The lazy tree of a document.
//!
//! Guarantee: what was not changed is written as the bytes it was read from. Clones share everything; a change copies only the
//! containers on the way to it.
//!
//! Not `serde_json::Value`: a document that is read into it can't be written with the bytes it came
//! with.

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

/// How deep a document is laid out when it is read: members, entries, members of entries. What is deeper stays text until edited.
pub(super) const LEVELS: usize = 3;

/// How many nodes are laid out at most when a text is read. Containers beyond stay text, so that a hostile text of millions of
/// tiny values does not take many times its size in memory. Real vCons have a few hundred.
const NODE_BUDGET: usize = 100_000;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// JSON text as it was written.
    Raw(Slice),
    /// JSON text of ours.
    Fixed(&'static str),
    /// An object laid out.
    Object(Arc<Object>),
    /// An array laid out.
    Array(Arc<Array>),
}

impl Node {
    /// A value from checked JSON text.
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

    /// A string.
    pub(super) fn string(text: &str) -> Self {
        Self::raw(quote(text))
    }

    /// The object that this is, to be changed.
    pub(super) fn object_mut(&mut self, base: &str) -> Option<&mut Object> {
        self.expand(base);
        match self {
            Self::Object(object) => Some(Arc::make_mut(object)),
            _ => None,
        }
    }

    /// The array that this is, to be changed.
    pub(super) fn array_mut(&mut self, base: &str) -> Option<&mut Array> {
        self.expand(base);
        match self {
            Self::Array(array) => Some(Arc::make_mut(array)),
            _ => None,
        }
    }

    /// Goes down a path and lets `edit` change what is there. Where `edit` fails or the path ends early, everything is as before;
    /// `edit` itself has to check before it changes anything.
    ///
    /// Answers nothing where the path leads nowhere.
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

    /// The text that this was read from, if nothing in it was changed.
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

    /// The length of the JSON text in bytes, without writing it.
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
