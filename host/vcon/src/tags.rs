//! The tags attachment, and the lookup of attachments.
//!
//! Guarantee: tags are written in the form that the links of the vCon Conserver read: a list of
//! `name:value` as JSON text. Other members of the attachment stay.

use super::EditError;
use super::json::{self, python_text, quote};
use super::tree::{Array, Key, Member, Node, Object};
use super::view::{Kind, View};

/// Returns the index of the first attachment whose `purpose` or `type` is `purpose`.
pub(super) fn position(document: View<'_>, purpose: &str) -> Option<usize> {
    let is = |entry: View<'_>, name| entry.member(name).is_some_and(|own| own.is(purpose));
    let fits = |entry: &View<'_>| is(*entry, "purpose") || is(*entry, "type");
    document.member("attachments")?.elements().iter().position(fits)
}

/// Returns the tags of a document.
pub(super) fn list(document: View<'_>) -> Result<Vec<String>, EditError> {
    let Some(entry) = position(document, "tags").and_then(|at| document.member("attachments")?.element(at)) else {
        return Ok(Vec::new());
    };
    let body = decoded(entry)?;
    let text = |tag: View<'_>| tag.string().map(std::borrow::Cow::into_owned);
    let texts = View::Raw(&body)
        .elements()
        .into_iter()
        .map(text)
        .collect::<Option<Vec<_>>>();
    texts.ok_or_else(|| {
        EditError::WrongType("the body of the tags attachment holds something other than texts".to_owned())
    })
}

/// Returns the JSON text of the list in the attachment's body. Without a body, the list is empty.
fn decoded(entry: View<'_>) -> Result<String, EditError> {
    let Some(body) = entry.member("body") else {
        return Ok("[]".to_owned());
    };
    let is_json = entry.member("encoding").is_some_and(|encoding| encoding.is("json"));
    let text = match body.string() {
        Some(text) if is_json => text.trim_ascii().to_owned(),
        _ => body.text().into_owned(),
    };
    json::check(&text)
        .map_err(|error| EditError::BadJson(format!("the body of the tags attachment: {}", error.describe(&text))))?;
    match View::Raw(&text).kind() {
        Kind::Array => Ok(text),
        Kind::Null => Ok("[]".to_owned()),
        _ => Err(EditError::WrongType(
            "the body of the tags attachment is not a list".to_owned(),
        )),
    }
}

/// Returns the list with one more tag, as Python writes it.
fn extended(list: &str, tag: &str) -> String {
    let list = python_text(list);
    let open = list.strip_suffix(']').unwrap_or("[");
    let separator = if open == "[" { "" } else { ", " };
    format!("{open}{separator}{}]", python_text(&quote(tag)))
}

/// Adds a tag to the first tags attachment, or in a new one.
pub(super) fn add(root: &mut Node, base: &str, name: &str, value: &str) -> Result<(), EditError> {
    let tag = format!("{name}:{value}");
    let view = View::of(root, base);
    let list_kind = view.member("attachments").map(View::kind);
    if !matches!(list_kind, None | Some(Kind::Array | Kind::Null)) {
        return Err(EditError::WrongType("\"/attachments\" is not an array".to_owned()));
    }
    let found = position(view, "tags");
    let entry = found.and_then(|at| view.member("attachments")?.element(at));
    let list = entry.map_or_else(|| Ok("[]".to_owned()), decoded)?;
    let body = Node::string(&extended(&list, &tag));

    let Some(object) = root.object_mut(base) else {
        return Err(EditError::Opaque);
    };
    if list_kind != Some(Kind::Array) {
        object.set(Key::Name("attachments"), Node::Fixed("[]"), base);
    }
    if let Some(array) = object
        .get_mut("attachments", base)
        .and_then(|list| list.array_mut(base))
    {
        put(array, found, body, base);
    }
    Ok(())
}

fn put(array: &mut Array, found: Option<usize>, body: Node, base: &str) {
    let Some(at) = found else {
        array.change().push(entry(body));
        return;
    };
    if let Some(object) = array.change().get_mut(at).and_then(|entry| entry.object_mut(base)) {
        object.set(Key::Name("body"), body, base);
        object.set(Key::Name("encoding"), Node::Fixed("\"json\""), base);
    }
}

fn entry(body: Node) -> Node {
    let member = |name, value| Member {
        key: Key::Name(name),
        value,
    };
    let members = vec![
        member("purpose", Node::Fixed("\"tags\"")),
        member("body", body),
        member("encoding", Node::Fixed("\"json\"")),
    ];
    Node::Object(Object::new(members).into())
}

#[cfg(test)]
mod tests;
