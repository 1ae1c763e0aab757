//! The difference of two documents as edits.
//!
//! Guarantee: the edits, applied to the first document in this order, make a document with the same
//! values as the second. Values that are equal are not touched.
//!
//! Not the diff of the `json-patch` crate: it compares `serde_json::Value`, where numbers beyond 64
//! bits have lost digits.

use super::json::same_number;
use super::view::{Kind, View};
use super::{Document, Edit, Form, Pointer};

/// Above this number of edits, whole top-level members are set instead. Applying very many small
/// edits costs more than it saves.
const MAX_EDITS: usize = 10_000;

/// Returns the edits that turn `before` into `after`: sets, appends and removals. The same value in
/// another spelling (escapes, white space, `1.0` for `1.00`) is not a change. If one of the
/// documents is signed or encrypted, the difference is empty or one edit that replaces the whole
/// document.
///
/// # Examples
/// ```
/// use vcon_document::{Document, Edit, Pointer, diff::diff};
///
/// let before = Document::parse(r#"{"subject": "Refund", "rate": 1.50}"#)?;
/// let after = Document::parse(r#"{"rate":1.5,"subject":"Invoice"}"#)?;
/// let expected = Edit::Set {
///     pointer: Pointer::parse("/subject")?,
///     value: r#""Invoice""#.into(),
/// };
/// assert_eq!(diff(&before, &after), [expected]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn diff(before: &Document, after: &Document) -> Vec<Edit> {
    if before.form() != Form::Unsigned || after.form() != Form::Unsigned {
        // A sealed form changes as a whole or not at all: a part of it would be invalid.
        return if before.text() == after.text() {
            Vec::new()
        } else {
            vec![whole(after)]
        };
    }
    let mut edits = Vec::new();
    value(&Pointer::root(), before.view(), after.view(), &mut edits);
    if edits.len() <= MAX_EDITS {
        return edits;
    }
    let edits = top_level(before.view(), after.view());
    if edits.len() <= MAX_EDITS {
        edits
    } else {
        vec![whole(after)]
    }
}

fn whole(after: &Document) -> Edit {
    Edit::Set {
        pointer: Pointer::root(),
        value: after.text().as_ref().into(),
    }
}

/// Sets or removes each member of the document that differs, as a whole.
fn top_level(before: View<'_>, after: View<'_>) -> Vec<Edit> {
    let (old, new) = (Members::of(before), Members::of(after));
    let root = Pointer::root();
    let removed = old.list.iter().filter(|(name, _)| new.get(name).is_none());
    let mut edits: Vec<_> = removed
        .map(|(name, _)| Edit::Remove {
            pointer: root.child(name),
        })
        .collect();
    let changed = new
        .list
        .iter()
        .filter(|(name, after)| !old.get(name).is_some_and(|before| same(before, *after)));
    edits.extend(changed.map(|(name, after)| set(root.child(name), *after)));
    edits
}

fn value(at: &Pointer, before: View<'_>, after: View<'_>, edits: &mut Vec<Edit>) {
    if unchanged(before, after) {
        return;
    }
    match (before.kind(), after.kind()) {
        (Kind::Object, Kind::Object) => object(at, before, after, edits),
        (Kind::Array, Kind::Array) => array(at, before, after, edits),
        _ if same(before, after) => {}
        _ => edits.push(set(at.clone(), after)),
    }
}

fn unchanged(before: View<'_>, after: View<'_>) -> bool {
    before.original().is_some_and(|text| after.original() == Some(text))
}

fn set(pointer: Pointer, value: View<'_>) -> Edit {
    Edit::Set {
        pointer,
        value: value.text().into(),
    }
}

fn object(at: &Pointer, before: View<'_>, after: View<'_>, edits: &mut Vec<Edit>) {
    let new = Members::of(after);
    let old = Members::of(before);
    for (name, _) in &old.list {
        if new.get(name).is_none() {
            edits.push(Edit::Remove {
                pointer: at.child(name),
            });
        }
    }
    for (name, after) in &new.list {
        match old.get(name) {
            Some(before) => value(&at.child(name), before, *after, edits),
            None => edits.push(set(at.child(name), *after)),
        }
    }
}

fn array(at: &Pointer, before: View<'_>, after: View<'_>, edits: &mut Vec<Edit>) {
    let (old, new) = (before.elements(), after.elements());
    for (position, (before, after)) in old.iter().zip(&new).enumerate() {
        if !unchanged(*before, *after) {
            value(&at.child(&position.to_string()), *before, *after, edits);
        }
    }
    for position in (new.len()..old.len()).rev() {
        edits.push(Edit::Remove {
            pointer: at.child(&position.to_string()),
        });
    }
    for added in new.iter().skip(old.len()) {
        edits.push(Edit::Append {
            pointer: at.clone(),
            value: added.text().into(),
        });
    }
}

/// In objects with more members than this, members are found through an index.
const FEW_MEMBERS: usize = 32;

/// The members of an object, which are found by name without comparing every pair.
struct Members<'a> {
    list: Vec<(std::borrow::Cow<'a, str>, View<'a>)>,
    index: std::collections::HashMap<String, usize>,
}

impl<'a> Members<'a> {
    fn of(view: View<'a>) -> Self {
        let list = view.members();
        let mut index = std::collections::HashMap::new();
        if list.len() > FEW_MEMBERS {
            index.extend(list.iter().enumerate().map(|(at, (name, _))| (name.to_string(), at)));
        }
        Self { list, index }
    }

    fn get(&self, name: &str) -> Option<View<'a>> {
        if self.index.is_empty() {
            return self.list.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
        }
        self.list.get(*self.index.get(name)?).map(|(_, value)| *value)
    }
}

/// Compares two values. Neither spelling nor the order of members counts.
pub(super) fn same(left: View<'_>, right: View<'_>) -> bool {
    if unchanged(left, right) {
        return true;
    }
    if left.kind() != right.kind() {
        return false;
    }
    match left.kind() {
        Kind::String => left.string() == right.string(),
        Kind::Number => same_number(&left.text(), &right.text()),
        Kind::Null | Kind::Boolean => left.text() == right.text(),
        Kind::Array => {
            let (left, right) = (left.elements(), right.elements());
            left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same(*left, *right))
        }
        Kind::Object => {
            let (left, right) = (Members::of(left), Members::of(right));
            let found = |(name, value): &(std::borrow::Cow<'_, str>, View<'_>)| {
                right.get(name).is_some_and(|own| same(*value, own))
            };
            left.list.len() == right.list.len() && left.list.iter().all(found)
        }
    }
}

#[cfg(test)]
mod tests;
