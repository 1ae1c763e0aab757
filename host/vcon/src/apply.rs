//! Applies edits to a document.
//!
//! Guarantee: an edit is applied as a whole or not at all.

use super::change::{append, checked, remove, replace, set};
use super::{Document, Edit, EditError, patch, tags};

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
