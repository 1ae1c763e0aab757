//! Applies edits to the tree.
//!
//! Guarantee: every function here checks before it changes; one that fails has changed nothing.

use std::borrow::Cow;

use super::json::{self, MAX_DEPTH};
use super::pointer::index;
use super::tree::{Array, Key, Node};
use super::view::{Kind, View};
use super::{Document, Edit, EditError, Pointer, patch, tags};

pub(super) fn apply(document: &mut Document, edit: &Edit) -> Result<(), EditError> {
    match edit {
        Edit::Set { pointer, value } if pointer.as_str().is_empty() => replace(document, value),
        Edit::Set { pointer, value } => {
            let value = checked(pointer, value)?;
            let (root, base) = document.change();
            set(root, base, pointer, value)
        }
        Edit::Append { pointer, value } => {
            let value = checked(pointer, value)?;
            let (root, base) = document.change();
            append(root, base, pointer, value)
        }
        Edit::Remove { pointer } => {
            let (root, base) = document.change();
            remove(root, base, pointer).map(drop)
        }
        Edit::Patch { operations } => patch::patch(document, operations),
        Edit::AddTag { name, value } => {
            let (root, base) = document.change();
            tags::add(root, base, name, value)
        }
        Edit::Touch => Ok(()),
    }
}

/// A value that may go below this pointer.
fn checked(pointer: &Pointer, value: &str) -> Result<Node, EditError> {
    let levels = json::check(value).map_err(|error| EditError::BadJson(error.describe(value)))?;
    fits(pointer, levels)?;
    Ok(Node::raw(value))
}

/// Refuses a value that would make the document deeper than any reader takes.
pub(super) fn fits(pointer: &Pointer, levels: usize) -> Result<(), EditError> {
    if levels + pointer.tokens().len() > MAX_DEPTH {
        return Err(EditError::BadJson(format!(
            "at {pointer}: more than {MAX_DEPTH} levels of arrays and objects"
        )));
    }
    Ok(())
}

pub(super) fn nowhere(pointer: &Pointer) -> EditError {
    EditError::BadPointer(format!("{:?} leads to nothing that could be changed", pointer.as_str()))
}

/// Replaces the whole document.
pub(super) fn replace(document: &mut Document, value: &str) -> Result<(), EditError> {
    *document = Document::parse(value).map_err(|error| match error {
        super::DocumentError::NotJson(why) => EditError::BadJson(why),
        super::DocumentError::NotVcon(why) => EditError::WrongType(why),
    })?;
    Ok(())
}

/// Goes to the container that the last token names a place in.
pub(super) fn at_parent<R>(
    root: &mut Node,
    base: &str,
    pointer: &Pointer,
    edit: impl FnOnce(&mut Node, &str) -> Result<R, EditError>,
) -> Result<R, EditError> {
    let tokens = pointer.tokens();
    let Some((last, path)) = tokens.split_last() else {
        return Err(EditError::BadPointer(
            "the whole document can't be edited this way".to_owned(),
        ));
    };
    root.edit_at(base, path, |parent| edit(parent, last))?
        .ok_or_else(|| nowhere(pointer))
}

fn set(root: &mut Node, base: &str, pointer: &Pointer, value: Node) -> Result<(), EditError> {
    at_parent(root, base, pointer, |parent, token| {
        if let Some(object) = parent.object_mut(base) {
            object.set(Key::of(token), value, base);
            return Ok(());
        }
        let array = parent.array_mut(base).ok_or_else(|| nowhere(pointer))?;
        if token == "-" {
            array.change().push(value);
            return Ok(());
        }
        let at = index(token)
            .filter(|&at| at < array.elements().len())
            .ok_or_else(|| nowhere(pointer))?;
        if let Some(element) = array.change().get_mut(at) {
            *element = value;
        }
        Ok(())
    })
}

fn append(root: &mut Node, base: &str, pointer: &Pointer, value: Node) -> Result<(), EditError> {
    let tokens = pointer.tokens();
    let target = View::of(root, base).walk(&tokens).map(View::kind);
    match target {
        Some(Kind::Array) => {
            let push = |array: &mut Node| Ok(array.array_mut(base).map(|array| array.change().push(value)));
            root.edit_at(base, &tokens, push)?
                .flatten()
                .ok_or_else(|| nowhere(pointer))
        }
        // Readers take null for an absent list.
        None | Some(Kind::Null) => create(root, base, pointer, value),
        Some(_) => Err(EditError::WrongType(format!("{:?} is not an array", pointer.as_str()))),
    }
}

fn create(root: &mut Node, base: &str, pointer: &Pointer, first: Node) -> Result<(), EditError> {
    let array = Node::Array(Array::new(vec![first]).into());
    set(root, base, pointer, array)
}

/// Takes out what is at a pointer; nothing if there is nothing.
pub(super) fn remove(root: &mut Node, base: &str, pointer: &Pointer) -> Result<Option<Node>, EditError> {
    let tokens: Vec<Cow<'_, str>> = pointer.tokens();
    if !tokens.is_empty() && View::of(root, base).walk(&tokens).is_none() {
        return Ok(None);
    }
    at_parent(root, base, pointer, |parent, token| {
        if let Some(object) = parent.object_mut(base) {
            return Ok(object.remove(token, base));
        }
        let Some(array) = parent.array_mut(base) else {
            return Ok(None);
        };
        let Some(at) = index(token).filter(|&at| at < array.elements().len()) else {
            return Ok(None);
        };
        Ok(Some(array.change().remove(at)))
    })
}
