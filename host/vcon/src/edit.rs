//! Edits: changes of a document, kept so that they can be applied again to a newer version of it.
//!
//! Guarantee: an edit names what it changes by pointer and holds nothing of the document around it.

use super::Pointer;

/// One change of a document. Its JSON texts are checked when it is applied.
///
/// # Examples
/// ```
/// use vcon_document::{Document, Edit, EditError, Pointer};
///
/// let mut document = Document::parse(r#"{"dialog":[]}"#)?;
/// let subject = Pointer::parse("/subject")?;
/// document.apply(&Edit::Set { pointer: subject.clone(), value: r#""Refund""#.into() })?;
/// assert_eq!(&*document.text(), r#"{"dialog":[],"subject":"Refund"}"#);
///
/// let failed = document.apply(&Edit::Append { pointer: subject, value: "1".into() });
/// assert!(matches!(failed, Err(EditError::WrongType(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets a member or an element. A missing member is added last. The index `-` appends.
    Set {
        /// The member or element. The empty pointer replaces the whole document.
        pointer: Pointer,
        /// The value, as JSON text.
        value: Box<str>,
    },
    /// Appends to an array. A missing array is created if its parent exists. Null counts as
    /// missing.
    Append {
        /// The array.
        pointer: Pointer,
        /// The new element, as JSON text.
        value: Box<str>,
    },
    /// Removes a member or an element. Nothing changes if there is none.
    Remove {
        /// The member or element.
        pointer: Pointer,
    },
    /// Applies a JSON Patch (RFC 6902) as a whole. A patch has at most 10,000 operations and copies
    /// at most 128 MiB.
    Patch {
        /// The array of operations, as JSON text.
        operations: Box<str>,
    },
    /// Adds the tag `name:value` to the tags attachment, which is created if there is none.
    AddTag {
        /// The text before the colon.
        name: Box<str>,
        /// The text after the colon.
        value: Box<str>,
    },
    /// Changes nothing. For callers that write a document only if there are edits, and want it
    /// written.
    Touch,
}

/// The reason why an edit can't be applied, or why a part can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The document is signed or encrypted.
    #[error("the document is signed or encrypted and can't be edited")]
    Opaque,
    /// The pointer is malformed or has no value.
    #[error("bad pointer: {0}")]
    BadPointer(String),
    /// A text is not strict JSON, or not the JSON that the operation needs.
    #[error("bad JSON: {0}")]
    BadJson(String),
    /// The value at the pointer has another JSON type than the operation needs.
    #[error("wrong type: {0}")]
    WrongType(String),
}
