//! The shape in which a document is stored.
//!
//! Guarantee: declared members are present and come first, in their order. All others keep their
//! order and their bytes. Objects that already have this shape are not rewritten.

use super::check::TOP;
use super::fields::{DIALOG, PARTY, Rule};
use crate::Document;
use crate::tree::{Key, Member, Node, Object};
use crate::view::View;

/// Gives a document that passed the check its stored shape.
pub(super) fn document(document: &mut Document) {
    let (root, base) = document.change();
    entries(root, base, "parties", &PARTY);
    entries(root, base, "dialog", &DIALOG);
    let shaped = object(root, base, &TOP, |name| match name {
        // A document without a version stays without.
        "vcon" => None,
        "redacted" => Some("{}"),
        "subject" | "appended" => Some("null"),
        _ => Some("[]"),
    });
    if let Some(shaped) = shaped {
        *root = shaped;
    }
}

fn entries(root: &mut Node, base: &str, list: &'static str, declared: &[(&'static str, Rule)]) {
    let needs = |entry: View<'_>| !is_shaped(entry, declared, |_| Some("null"));
    let Some(view) = View::of(root, base).member(list) else {
        return;
    };
    if !view.elements().into_iter().any(needs) {
        return;
    }
    let Some(top) = root.object_mut(base) else { return };
    let Some(array) = top.get_mut(list, base).and_then(|list| list.array_mut(base)) else {
        return;
    };
    for entry in array.change() {
        if let Some(shaped) = object(entry, base, declared, |_| Some("null")) {
            *entry = shaped;
        }
    }
}

/// Returns true if the declared members come first, in order, in their stored form.
fn is_shaped(
    entry: View<'_>,
    declared: &[(&'static str, Rule)],
    default: impl Fn(&str) -> Option<&'static str>,
) -> bool {
    let members = entry.members();
    let mut own = members.iter();
    declared.iter().all(|(name, rule)| {
        let next = own.clone().next().filter(|(own, _)| own == name);
        match next {
            Some((_, value)) => {
                own.next();
                matches!(rule(*value), Ok(None))
            }
            None => default(name).is_none() && !members.iter().any(|(own, _)| own == name),
        }
    })
}

/// Returns the object in its stored shape. None if it already has that shape.
fn object(
    node: &mut Node,
    base: &str,
    declared: &[(&'static str, Rule)],
    default: impl Fn(&str) -> Option<&'static str>,
) -> Option<Node> {
    if is_shaped(View::of(node, base), declared, &default) {
        return None;
    }
    let object = node.object_mut(base)?;
    let mut members = Vec::with_capacity(object.members().len() + declared.len());
    for (name, rule) in declared {
        let value = match object.get(name, base) {
            Some(value) => stored(value, base, *rule),
            None => match default(name) {
                Some(text) => Node::Fixed(text),
                None => continue,
            },
        };
        members.push(Member {
            key: Key::Name(name),
            value,
        });
    }
    let is_declared = |member: &&Member| declared.iter().any(|(name, _)| member.key.name(base) == *name);
    members.extend(object.members().iter().filter(|member| !is_declared(member)).cloned());
    Some(Node::Object(Object::new(members).into()))
}

fn stored(value: &Node, base: &str, rule: Rule) -> Node {
    match rule(View::of(value, base)) {
        Ok(Some(stored)) => stored,
        _ => value.clone(),
    }
}
