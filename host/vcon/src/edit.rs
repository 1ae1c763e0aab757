//! Edits: the changes that links make, kept as a list so that they can be applied again to a newer document.
//!
//! Guarantee: an edit names what it changes by pointer and holds nothing of the document around it.

use super::Pointer;

/// One change of a document. JSON texts in here have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Set the member or element; a missing member is added last, `-` as an index appends.
    Set {
        /// What to set. The empty pointer replaces the whole document.
        pointer: Pointer,
        /// The value, as JSON text.
        value: Box<str>,
    },
    /// Append to the array, created where its parent exists. Null counts as missing.
    Append {
        /// The array.
        pointer: Pointer,
        /// The new element, as JSON text.
        value: Box<str>,
    },
    /// Remove; nothing happens where there is nothing.
    Remove {
        /// What to remove.
        pointer: Pointer,
    },
    /// Apply a JSON Patch as a whole (JSON text).
    Patch {
        /// The array of operations, as JSON text.
        operations: Box<str>,
    },
    /// Add `name:value` to the tags attachment.
    AddTag {
        /// What stands before the colon.
        name: Box<str>,
        /// What stands after it.
        value: Box<str>,
    },
    /// Write the document although nothing else changes.
    Touch,
}

/// Why an edit does not fit the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The document is signed or encrypted.
    #[error("the document is signed or encrypted and can't be edited")]
    Opaque,
    /// Not a pointer, or it leads nowhere.
    #[error("bad pointer: {0}")]
    BadPointer(String),
    /// Not JSON, or not the JSON that the operation needs.
    #[error("bad JSON: {0}")]
    BadJson(String),
    /// The member has another type.
    #[error("wrong type: {0}")]
    WrongType(String),
}
