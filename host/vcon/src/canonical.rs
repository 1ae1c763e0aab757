//! The canonical form: current member names in memory, and the form that is written.
//!
//! Guarantee: both functions are idempotent, keep unknown members and the bytes of what they do not
//! rename, and leave signed and encrypted documents untouched.

use super::json::python_text;
use super::tree::{Key, Node, Object};
use super::view::{Kind, View};
use super::{Document, Form};

/// A member name, and the name that replaces it.
pub(super) type Rename = (&'static str, &'static str);

const TOP: [Rename; 2] = [("appended", "amended"), ("must_support", "critical")];
const ENTRY: [Rename; 3] = [
    ("schema_version", "schema"),
    ("mimetype", "mediatype"),
    ("must_support", "critical"),
];

/// The arrays whose entries have members to rename.
pub(super) const LISTS: [&str; 3] = ["dialog", "analysis", "attachments"];

/// Renames members that have another name in vCon 0.4.0: `appended` to `amended`, `must_support` to
/// `critical`; in dialogs, analyses and attachments `schema_version` to `schema`, `mimetype` to
/// `mediatype`, `must_support` to `critical`; in attachments `type` to `purpose`. A renamed member
/// becomes the last one. If the new name exists, its value stays and the old member is removed (an
/// attachment with a `purpose` keeps its `type`).
///
/// # Examples
/// ```
/// use vcon_document::{Document, canonical};
///
/// let mut document = Document::parse(r#"{"appended":null,"attachments":[{"type":"tags"}]}"#)?;
/// canonical::upgrade(&mut document);
/// assert_eq!(&*document.text(), r#"{"attachments":[{"purpose":"tags"}],"amended":null}"#);
/// # Ok::<(), vcon_document::DocumentError>(())
/// ```
pub fn upgrade(document: &mut Document) {
    if document.form() != Form::Unsigned {
        return;
    }
    rename(document, &TOP);
    for list in LISTS {
        edit_entries(
            document,
            list,
            |entry| needs_upgrade(list, entry),
            |object, base| {
                rename_all(object, &ENTRY, base);
                if list == "attachments" && object.get("purpose", base).is_none() {
                    object.rename("type", "purpose", base);
                }
            },
        );
    }
}

fn needs_upgrade(list: &str, entry: View<'_>) -> bool {
    let has = |name| entry.member(name).is_some();
    ENTRY.iter().any(|(old, _)| has(old)) || (list == "attachments" && has("type") && !has("purpose"))
}

/// Makes the form that is written: [upgraded](upgrade), with `vcon` 0.4.0 and without an empty
/// `group` or `redacted`. In analyses and attachments, a body that is an array or object becomes
/// JSON text with `encoding` `json`.
pub fn enforce(document: &mut Document) {
    if document.form() != Form::Unsigned {
        return;
    }
    upgrade(document);
    set_version(document, "0.4.0", "\"0.4.0\"");
    drop_empty(document, "group", Kind::Array);
    drop_empty(document, "redacted", Kind::Object);
    for list in ["analysis", "attachments"] {
        edit_entries(document, list, has_json_body, body_as_text);
    }
}

fn has_json_body(entry: View<'_>) -> bool {
    entry.member("body").is_some_and(View::is_container)
}

fn body_as_text(object: &mut Object, base: &str) {
    let Some(body) = object.get("body", base) else { return };
    let text = python_text(&View::of(body, base).text());
    object.set(Key::Name("body"), Node::string(&text), base);
    object.set(Key::Name("encoding"), Node::Fixed("\"json\""), base);
}

fn drop_empty(document: &mut Document, name: &str, kind: Kind) {
    let empty = |value: View<'_>| value.kind() == kind && value.length() == Some(0);
    if document.view().member(name).is_some_and(empty) {
        edit_top(document, |object, base| {
            object.remove(name, base);
        });
    }
}

/// Sets the member `vcon` if it has another value.
pub(super) fn set_version(document: &mut Document, version: &str, json: &'static str) {
    if document.view().member("vcon").is_some_and(|own| own.is(version)) {
        return;
    }
    edit_top(document, |object, base| {
        object.set(Key::Name("vcon"), Node::Fixed(json), base);
    });
}

/// Renames top-level members.
pub(super) fn rename(document: &mut Document, renames: &[Rename]) {
    if renames.iter().any(|(old, _)| document.view().member(old).is_some()) {
        edit_top(document, |object, base| rename_all(object, renames, base));
    }
}

/// Renames members of one object.
pub(super) fn rename_all(object: &mut Object, renames: &[Rename], base: &str) {
    for (old, new) in renames {
        object.rename(old, new, base);
    }
}

/// Changes the outermost object.
pub(super) fn edit_top(document: &mut Document, edit: impl FnOnce(&mut Object, &str)) {
    let (root, base) = document.change();
    if let Some(object) = root.object_mut(base) {
        edit(object, base);
    }
}

/// Changes those entries of a list that are objects and need it. The other entries keep their
/// bytes, as does the whole list if no entry needs a change.
pub(super) fn edit_entries(
    document: &mut Document,
    list: &str,
    needs: impl Fn(View<'_>) -> bool,
    edit: impl Fn(&mut Object, &str),
) {
    let Some(entries) = document.view().member(list) else {
        return;
    };
    let elements = entries.elements();
    let concerned = elements
        .into_iter()
        .enumerate()
        .filter(|(_, entry)| entry.kind() == Kind::Object && needs(*entry));
    let positions: Vec<usize> = concerned.map(|(at, _)| at).collect();
    if positions.is_empty() {
        return;
    }
    edit_top(document, |object, base| {
        let Some(array) = object.get_mut(list, base).and_then(|list| list.array_mut(base)) else {
            return;
        };
        let elements = array.change();
        for at in positions {
            if let Some(entry) = elements.get_mut(at).and_then(|entry| entry.object_mut(base)) {
                edit(entry, base);
            }
        }
    });
}

#[cfg(test)]
mod tests;
