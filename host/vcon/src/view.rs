//! Reading of the tree, expanded or not.
//!
//! Guarantee: reading copies no value and expands nothing.

use std::borrow::Cow;

use super::pointer::index;
use super::scan::{Scanner, unquote};
use super::tree::{Array, Node, Object};

/// The types of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// A value for reading: text, or an expanded container with its node and the text of its document.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'a> {
    Raw(&'a str),
    Object(&'a Object, &'a Node, &'a str),
    Array(&'a Array, &'a Node, &'a str),
}

impl<'a> View<'a> {
    pub(super) fn of(node: &'a Node, base: &'a str) -> Self {
        match node {
            Node::Object(object) => Self::Object(object, node, base),
            Node::Array(array) => Self::Array(array, node, base),
            Node::Raw(_) | Node::Fixed(_) => Self::Raw(node.original(base).unwrap_or_default()),
        }
    }

    pub(super) fn kind(self) -> Kind {
        let text = match self {
            Self::Object(..) => return Kind::Object,
            Self::Array(..) => return Kind::Array,
            Self::Raw(text) => text,
        };
        match text.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Object | Kind::Array)
    }

    /// Returns the text that this was read from. None if something in it was changed.
    pub(super) fn original(self) -> Option<&'a str> {
        match self {
            Self::Raw(text) => Some(text),
            Self::Object(_, node, base) | Self::Array(_, node, base) => node.original(base),
        }
    }

    /// Returns the JSON text.
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Raw(text) => Cow::Borrowed(text),
            Self::Object(_, node, base) | Self::Array(_, node, base) => {
                if let Some(text) = node.original(base) {
                    return Cow::Borrowed(text);
                }
                let mut out = String::with_capacity(node.size(base));
                node.write(base, &mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Returns the unescaped text of a string. None if this is something else.
    pub(super) fn string(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Raw(text) if text.starts_with('"') => Some(unquote(text)),
            _ => None,
        }
    }

    /// Returns the value of a number that is an integer of 64 bits, written as `0` or `0.0`.
    pub(super) fn integer(self) -> Option<i64> {
        let Self::Raw(text) = self else { return None };
        if self.kind() != Kind::Number {
            return None;
        }
        let whole = text
            .split_once('.')
            .filter(|(_, zeros)| zeros.bytes().all(|digit| digit == b'0'));
        whole.map_or(text, |(whole, _)| whole).parse().ok()
    }

    /// Returns true if this is the string `text`.
    pub(super) fn is(self, text: &str) -> bool {
        self.string().is_some_and(|own| own == text)
    }

    /// Returns a member of an object.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Object(object, _, base) => object.get(name, base).map(|node| Self::of(node, base)),
            Self::Array(..) => None,
            Self::Raw(text) => raw_member(text, name).map(Self::Raw),
        }
    }

    /// Returns an element of an array.
    pub(super) fn element(self, at: usize) -> Option<Self> {
        match self {
            Self::Array(array, _, base) => array.elements().get(at).map(|node| Self::of(node, base)),
            Self::Object(..) => None,
            Self::Raw(text) => raw_element(text, at).map(Self::Raw),
        }
    }

    /// Returns the member or element that one token of a pointer leads to.
    pub(super) fn step(self, token: &str) -> Option<Self> {
        match self.kind() {
            Kind::Object => self.member(token),
            Kind::Array => self.element(index(token)?),
            _ => None,
        }
    }

    /// Returns the value that a path leads to.
    pub(super) fn walk(self, path: &[Cow<'_, str>]) -> Option<Self> {
        path.iter().try_fold(self, |view, token| view.step(token))
    }

    /// Returns the members of an object. Other values have none.
    pub(super) fn members(self) -> Vec<(Cow<'a, str>, Self)> {
        match self {
            Self::Object(object, _, base) => object
                .members()
                .iter()
                .map(|member| (member.key.name(base), Self::of(&member.value, base)))
                .collect(),
            Self::Array(..) => Vec::new(),
            Self::Raw(text) => raw_members(text),
        }
    }

    /// Returns the elements of an array. Other values have none.
    pub(super) fn elements(self) -> Vec<Self> {
        match self {
            Self::Array(array, _, base) => array.elements().iter().map(|node| Self::of(node, base)).collect(),
            Self::Object(..) => Vec::new(),
            Self::Raw(text) => raw_elements(text),
        }
    }

    /// Returns the number of members or elements. None if this is no container.
    pub(super) fn length(self) -> Option<usize> {
        match (self, self.kind()) {
            (Self::Object(object, ..), _) => Some(object.members().len()),
            (Self::Array(array, ..), _) => Some(array.elements().len()),
            (Self::Raw(_), Kind::Object) => Some(self.members().len()),
            (Self::Raw(_), Kind::Array) => Some(self.elements().len()),
            (Self::Raw(_), _) => None,
        }
    }
}

fn raw_members(text: &str) -> Vec<(Cow<'_, str>, View<'_>)> {
    let mut members = Vec::new();
    visit_members(text, |name, value| members.push((name, View::Raw(value))));
    members
}

fn raw_elements(text: &str) -> Vec<View<'_>> {
    let mut elements = Vec::new();
    visit_elements(text, |value| elements.push(View::Raw(value)));
    elements
}

fn raw_member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    visit_members(text, |own, value| {
        if own == name {
            found = Some(value);
        }
    });
    found
}

fn raw_element(text: &str, at: usize) -> Option<&str> {
    let (mut found, mut position) = (None, 0);
    visit_elements(text, |value| {
        if position == at {
            found = Some(value);
        }
        position += 1;
    });
    found
}

fn visit_members<'a>(text: &'a str, mut visit: impl FnMut(Cow<'a, str>, &'a str)) {
    if !text.starts_with('{') {
        return;
    }
    let mut scanner = Scanner::again(text);
    // The text passed a strict scan when it was read, so this one can't fail.
    let _ = scanner.object(0, |scanner, name| {
        let value = scanner.value(1)?;
        visit(unquote(name.of(text)), value.of(text));
        Ok(())
    });
}

fn visit_elements<'a>(text: &'a str, mut visit: impl FnMut(&'a str)) {
    if !text.starts_with('[') {
        return;
    }
    let mut scanner = Scanner::again(text);
    let _ = scanner.array(0, |scanner| {
        let value = scanner.value(1)?;
        visit(value.of(text));
        Ok(())
    });
}
