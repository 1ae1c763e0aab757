//! The lazy tree of a document.
//!
//! Guarantee: what was not changed is written as the bytes it was read from. Clones share everything; a change copies only the
//! containers on the way to it.

use std::borrow::Cow;
use std::sync::Arc;

use super::edit::EditError;
use super::json::{quote, unquote};
use super::pointer::index;
use super::scan::{Scan, Scanner, Span};

/// How deep a document is laid out when it is read: members, entries, members of entries. What is deeper stays text until edited.
pub(super) const LEVELS: usize = 3;

/// How many nodes are laid out at most when a text is read. Containers beyond stay text, so that a hostile text of millions of
/// tiny values does not take many times its size in memory. Real vCons have a few hundred.
const NODE_BUDGET: usize = 100_000;

/// A part of a checked JSON text: of the document's own, or of one that an edit brought.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    owner: Option<Arc<str>>,
    start: u32,
    end: u32,
}

impl Slice {
    fn new(owner: Option<&Arc<str>>, span: Span) -> Self {
        // Texts of more than 4 GiB are refused before they get here.
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { owner: owner.cloned(), start: offset(span.start), end: offset(span.end) }
    }

    fn text<'a>(&'a self, base: &'a str) -> &'a str {
        let owner = self.owner.as_deref().unwrap_or(base);
        owner.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A member's name.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// As it was written, with quotes.
    Written(Slice),
    /// One of ours, which needs no escapes.
    Name(&'static str),
}

impl Key {
    /// A key for any text.
    pub(super) fn of(name: &str) -> Self {
        let quoted: Arc<str> = quote(name).into();
        let span = Span { start: 0, end: quoted.len() };
        Self::Written(Slice::new(Some(&quoted), span))
    }

    /// The name, unescaped.
    pub(super) fn name<'a>(&'a self, base: &'a str) -> Cow<'a, str> {
        match self {
            Self::Written(slice) => unquote(slice.text(base)),
            Self::Name(name) => Cow::Borrowed(name),
        }
    }

    fn is(&self, name: &str, base: &str) -> bool {
        self.name(base) == name
    }

    fn write(&self, base: &str, out: &mut String) {
        match self {
            Self::Written(slice) => out.push_str(slice.text(base)),
            Self::Name(name) => {
                out.push('"');
                out.push_str(name);
                out.push('"');
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Written(slice) => (slice.end - slice.start) as usize,
            Self::Name(name) => name.len() + 2,
        }
    }
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub key: Key,
    pub value: Node,
}

/// An object that is laid out.
#[derive(Debug, Clone)]
pub(super) struct Object {
    origin: Option<Slice>,
    members: Vec<Member>,
}

impl Object {
    pub(super) fn new(members: Vec<Member>) -> Self {
        Self { origin: None, members }
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn get(&self, name: &str, base: &str) -> Option<&Node> {
        self.members.iter().find(|member| member.key.is(name, base)).map(|member| &member.value)
    }

    fn position(&self, name: &str, base: &str) -> Option<usize> {
        self.members.iter().position(|member| member.key.is(name, base))
    }

    /// Sets a member in its place; a missing one is added last.
    pub(super) fn set(&mut self, key: Key, value: Node, base: &str) {
        self.origin = None;
        let place = self.position(&key.name(base), base).and_then(|at| self.members.get_mut(at));
        match place {
            Some(member) => member.value = value,
            None => self.members.push(Member { key, value }),
        }
    }

    /// A member's value, to be changed.
    pub(super) fn get_mut(&mut self, name: &str, base: &str) -> Option<&mut Node> {
        let at = self.position(name, base)?;
        self.origin = None;
        self.members.get_mut(at).map(|member| &mut member.value)
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, name: &str, base: &str) -> Option<Node> {
        let at = self.position(name, base)?;
        self.origin = None;
        Some(self.members.remove(at).value)
    }

    /// Renames a member: an existing new name wins; otherwise the member moves to the end.
    pub(super) fn rename(&mut self, old: &str, new: &'static str, base: &str) {
        let Some(value) = self.remove(old, base) else { return };
        if self.position(new, base).is_none() {
            self.members.push(Member { key: Key::Name(new), value });
        }
    }
}

/// An array that is laid out.
#[derive(Debug, Clone)]
pub(super) struct Array {
    origin: Option<Slice>,
    elements: Vec<Node>,
}

impl Array {
    pub(super) fn new(elements: Vec<Node>) -> Self {
        Self { origin: None, elements }
    }

    pub(super) fn elements(&self) -> &[Node] {
        &self.elements
    }

    /// The elements, to be changed.
    pub(super) fn change(&mut self) -> &mut Vec<Node> {
        self.origin = None;
        &mut self.elements
    }
}

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
    pub(super) fn raw(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let trimmed = text.trim_matches([' ', '\n', '\r', '\t']);
        let start = text.len() - text.trim_start_matches([' ', '\n', '\r', '\t']).len();
        let span = Span { start, end: start + trimmed.len() };
        Self::Raw(Slice::new(Some(&text), span))
    }

    /// A string.
    pub(super) fn string(text: &str) -> Self {
        Self::raw(quote(text))
    }

    /// Reads the value at the scanner's position and lays out some levels of it.
    pub(super) fn read(scanner: &mut Scanner<'_>, levels: usize) -> Scan<Self> {
        let mut builder = Builder { owner: None, budget: NODE_BUDGET };
        builder.node(scanner, levels, 0)
    }

    /// Lays out one level, if there is any. What is written stays the same.
    fn expand(&mut self, base: &str) {
        let (text, owner, shift) = match self {
            Self::Raw(slice) => (slice.text(base), slice.owner.clone(), slice.start),
            Self::Fixed(text) => (*text, Some(Arc::from(*text)), 0),
            _ => return,
        };
        if !text.starts_with(['{', '[']) {
            return;
        }
        let mut builder = Builder { owner, budget: usize::MAX };
        let mut scanner = Scanner::again(text);
        if let Ok(mut node) = builder.node(&mut scanner, 1, 0) {
            node.shift(shift);
            *self = node;
        }
    }

    /// Moves offsets that count from the start of a slice to where that slice starts.
    fn shift(&mut self, by: u32) {
        let moved = |slice: &mut Slice| {
            slice.start += by;
            slice.end += by;
        };
        match self {
            Self::Raw(slice) => moved(slice),
            Self::Fixed(_) => {}
            Self::Object(object) => {
                let object = Arc::make_mut(object);
                object.origin.iter_mut().for_each(moved);
                for member in &mut object.members {
                    if let Key::Written(slice) = &mut member.key {
                        moved(slice);
                    }
                    member.value.shift(by);
                }
            }
            Self::Array(array) => {
                let array = Arc::make_mut(array);
                array.origin.iter_mut().for_each(moved);
                array.elements.iter_mut().for_each(|element| element.shift(by));
            }
        }
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
        let Some((token, rest)) = path.split_first() else { return edit(self).map(Some) };
        self.expand(base);
        match self {
            Self::Object(object) => {
                let Some(at) = object.position(token, base) else { return Ok(None) };
                let object = Arc::make_mut(object);
                let Some(member) = object.members.get_mut(at) else { return Ok(None) };
                let edited = member.value.edit_at(base, rest, edit)?;
                if edited.is_some() {
                    object.origin = None;
                }
                Ok(edited)
            }
            Self::Array(array) => {
                let Some(at) = index(token).filter(|&at| at < array.elements.len()) else { return Ok(None) };
                let array = Arc::make_mut(array);
                let Some(element) = array.elements.get_mut(at) else { return Ok(None) };
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
                let members = object.members.iter().map(|member| member.key.size() + 1 + member.value.size(base));
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

/// Reads nodes from a scanner.
struct Builder {
    owner: Option<Arc<str>>,
    budget: usize,
}

impl Builder {
    fn node(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        match scanner.peek() {
            Some(b'{') if levels > 0 => self.object(scanner, levels, depth),
            Some(b'[') if levels > 0 => self.array(scanner, levels, depth),
            _ => scanner.value(depth).map(|span| self.raw(span)),
        }
    }

    fn raw(&self, span: Span) -> Node {
        Node::Raw(Slice::new(self.owner.as_ref(), span))
    }

    /// Whether one more node may be laid out; if not, those of its container are let go.
    fn spend<T>(&mut self, container: &mut Option<Vec<T>>) -> bool {
        match self.budget.checked_sub(1) {
            Some(left) => self.budget = left,
            None => *container = None,
        }
        container.is_some()
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut members = Some(Vec::new());
        scanner.object(depth, |scanner, name| {
            if !self.spend(&mut members) {
                return scanner.value(depth + 1).map(drop);
            }
            let value = self.node(scanner, levels - 1, depth + 1)?;
            let key = Key::Written(Slice::new(self.owner.as_ref(), name));
            if let Some(members) = &mut members {
                members.push(Member { key, value });
            }
            Ok(())
        })?;
        let origin = Slice::new(self.owner.as_ref(), Span { start, end: scanner.at() });
        Ok(match members {
            Some(members) => Node::Object(Arc::new(Object { origin: Some(origin), members })),
            None => Node::Raw(origin),
        })
    }

    fn array(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut elements = Some(Vec::new());
        scanner.array(depth, |scanner| {
            if !self.spend(&mut elements) {
                return scanner.value(depth + 1).map(drop);
            }
            let element = self.node(scanner, levels - 1, depth + 1)?;
            if let Some(elements) = &mut elements {
                elements.push(element);
            }
            Ok(())
        })?;
        let origin = Slice::new(self.owner.as_ref(), Span { start, end: scanner.at() });
        Ok(match elements {
            Some(elements) => Node::Array(Arc::new(Array { origin: Some(origin), elements })),
            None => Node::Raw(origin),
        })
    }
}
