//! Single changes of a document's tree.
//!
//! Guarantee: every function here checks before it changes. One that fails has changed nothing.

use super::json;
use super::pointer::index;
use super::scan::MAX_DEPTH;
use super::tree::{Array, Key, Node};
use super::view::{Kind, View};
use super::{Document, DocumentError, EditError, Pointer};

/// Makes a node of a JSON text that is about to be set or appended at a pointer.
pub(super) fn checked(pointer: &Pointer, value: &str) -> Result<Node, EditError> {
    let levels = json::check(value).map_err(|error| EditError::BadJson(error.describe(value)))?;
    fits(pointer, levels)?;
    Ok(Node::raw(value))
}

/// Refuses a value that would make the document deeper than [`MAX_DEPTH`].
pub(super) fn fits(pointer: &Pointer, levels: usize) -> Result<(), EditError> {
    if levels + pointer.tokens().len() > MAX_DEPTH {
        return Err(EditError::BadJson(format!(
            "at {pointer}: more than {MAX_DEPTH} levels of arrays and objects"
        )));
    }
    Ok(())
}

/// Returns the error for a pointer without a value.
pub(super) fn nowhere(pointer: &Pointer) -> EditError {
    EditError::BadPointer(format!("{:?} leads to nothing that could be changed", pointer.as_str()))
}

/// Replaces the whole document.
pub(super) fn replace(document: &mut Document, value: &str) -> Result<(), EditError> {
    *document = Document::parse(value).map_err(|error| match error {
        DocumentError::NotJson(why) => EditError::BadJson(why),
        DocumentError::NotVcon(why) => EditError::WrongType(why),
    })?;
    Ok(())
}

/// Passes the container that the last token of a pointer names a place in, and that token, to
/// `edit`.
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

/// Sets a member or an element. A missing member is added last, `-` as an index appends.
pub(super) fn set(root: &mut Node, base: &str, pointer: &Pointer, value: Node) -> Result<(), EditError> {
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

/// Appends to the array at a pointer. The array is created where it is missing or null.
pub(super) fn append(root: &mut Node, base: &str, pointer: &Pointer, value: Node) -> Result<(), EditError> {
    let tokens = pointer.tokens();
    let target = View::of(root, base).walk(&tokens).map(View::kind);
    match target {
        Some(Kind::Array) => {
            let push = |array: &mut Node| Ok(array.array_mut(base).map(|array| array.change().push(value)));
            root.edit_at(base, &tokens, push)?
                .flatten()
                .ok_or_else(|| nowhere(pointer))
        }
        // Readers treat null as an absent list.
        None | Some(Kind::Null) => set(root, base, pointer, Node::Array(Array::new(vec![value]).into())),
        Some(_) => Err(EditError::WrongType(format!("{:?} is not an array", pointer.as_str()))),
    }
}

/// Removes and returns the value at a pointer. Returns None if there is none.
pub(super) fn remove(root: &mut Node, base: &str, pointer: &Pointer) -> Result<Option<Node>, EditError> {
    let tokens = pointer.tokens();
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

#[cfg(test)]
mod tests;
