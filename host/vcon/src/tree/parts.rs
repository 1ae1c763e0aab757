//! The parts of the tree: slices of text, names, objects, arrays.
//!
//! Guarantee: a container forgets the text that it was read from when it is changed, and only then.

use std::borrow::Cow;

use super::Node;
use crate::Text;
use crate::json::quote;
use crate::scan::{Span, unquote};

/// A part of a checked JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// The text of an edit. None for the text of the document.
    pub(super) owner: Option<Text>,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Slice {
    pub(super) fn new(owner: Option<&Text>, span: Span) -> Self {
        // Texts of 4 GiB or more were refused before.
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            owner: owner.cloned(),
            start: offset(span.start),
            end: offset(span.end),
        }
    }

    pub(super) fn text<'a>(&'a self, base: &'a str) -> &'a str {
        let owner = self.owner.as_deref().unwrap_or(base);
        owner.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The name of a member.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// A name as it was written, with quotes.
    Written(Slice),
    /// A name that this crate writes. It needs no escapes.
    Name(&'static str),
}

impl Key {
    /// Makes a key of any text.
    pub(crate) fn of(name: &str) -> Self {
        let quoted: Text = quote(name).into();
        let span = Span {
            start: 0,
            end: quoted.len(),
        };
        Self::Written(Slice::new(Some(&quoted), span))
    }

    /// Returns the name, unescaped.
    pub(crate) fn name<'a>(&'a self, base: &'a str) -> Cow<'a, str> {
        match self {
            Self::Written(slice) => unquote(slice.text(base)),
            Self::Name(name) => Cow::Borrowed(name),
        }
    }

    fn is(&self, name: &str, base: &str) -> bool {
        self.name(base) == name
    }

    pub(super) fn write(&self, base: &str, out: &mut String) {
        match self {
            Self::Written(slice) => out.push_str(slice.text(base)),
            Self::Name(name) => {
                out.push('"');
                out.push_str(name);
                out.push('"');
            }
        }
    }

    pub(super) fn size(&self) -> usize {
        match self {
            Self::Written(slice) => (slice.end - slice.start) as usize,
            Self::Name(name) => name.len() + 2,
        }
    }
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub key: Key,
    pub value: Node,
}

/// An expanded object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The text that it was read from. None if something in it was changed.
    pub(super) origin: Option<Slice>,
    pub(super) members: Vec<Member>,
}

impl Object {
    pub(crate) fn new(members: Vec<Member>) -> Self {
        Self { origin: None, members }
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn get(&self, name: &str, base: &str) -> Option<&Node> {
        self.members
            .iter()
            .find(|member| member.key.is(name, base))
            .map(|member| &member.value)
    }

    pub(super) fn position(&self, name: &str, base: &str) -> Option<usize> {
        self.members.iter().position(|member| member.key.is(name, base))
    }

    /// Sets a member in its place. A missing one is added last.
    pub(crate) fn set(&mut self, key: Key, value: Node, base: &str) {
        self.origin = None;
        let present = self
            .position(&key.name(base), base)
            .and_then(|at| self.members.get_mut(at));
        match present {
            Some(member) => member.value = value,
            None => self.members.push(Member { key, value }),
        }
    }

    /// Returns the value of a member for changing.
    pub(crate) fn get_mut(&mut self, name: &str, base: &str) -> Option<&mut Node> {
        let at = self.position(name, base)?;
        self.origin = None;
        self.members.get_mut(at).map(|member| &mut member.value)
    }

    /// Removes a member and returns its value.
    pub(crate) fn remove(&mut self, name: &str, base: &str) -> Option<Node> {
        let at = self.position(name, base)?;
        self.origin = None;
        Some(self.members.remove(at).value)
    }

    /// Renames a member. It becomes the last one. If a member with the new name exists, that one
    /// stays and the old one is removed.
    pub(crate) fn rename(&mut self, old: &str, new: &'static str, base: &str) {
        let Some(value) = self.remove(old, base) else { return };
        if self.position(new, base).is_none() {
            self.members.push(Member {
                key: Key::Name(new),
                value,
            });
        }
    }
}

/// An expanded array.
#[derive(Debug, Clone)]
pub(crate) struct Array {
    /// The text that it was read from. None if something in it was changed.
    pub(super) origin: Option<Slice>,
    pub(super) elements: Vec<Node>,
}

impl Array {
    pub(crate) fn new(elements: Vec<Node>) -> Self {
        Self { origin: None, elements }
    }

    pub(crate) fn elements(&self) -> &[Node] {
        &self.elements
    }

    /// Returns the elements for changing.
    pub(crate) fn change(&mut self) -> &mut Vec<Node> {
        self.origin = None;
        &mut self.elements
    }
}
