//! What changed between two documents, as a JSON Patch (RFC 6902).
//!
//! Guarantee: the operations, applied by anyone's implementation to the first document, make one that holds the same values as the second.
//!
//! Not the `json-patch` crate's diff: it works on `serde_json::Value`. Here, values keep the text
//! that they were written with.

use serde::Serialize;
use serde_json::value::RawValue;

use super::diff::diff;
use super::{Document, Edit, Pointer};

/// One operation of a patch.
#[derive(Debug, Clone, Serialize)]
pub struct Operation {
    /// What to do.
    pub op: OperationKind,
    /// Where, as a JSON Pointer.
    pub path: String,
    /// The value as it is written in the document; absent for a removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
}

/// What an operation does. The other three of RFC 6902 are never needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Adds a member, or an element at the end.
    Add,
    /// Replaces what is there.
    Replace,
    /// Removes what is there.
    Remove,
}

/// The patch that turns `before` into `after`.
#[must_use]
pub fn json_patch(before: &Document, after: &Document) -> Vec<Operation> {
    diff(before, after)
        .into_iter()
        .filter_map(|edit| operation(before, edit))
        .collect()
}

/// The edits of a difference leave each other's places alone, so that what is there can be asked of the document before them all.
fn operation(before: &Document, edit: Edit) -> Option<Operation> {
    let (op, path, value) = match edit {
        Edit::Set { pointer, value } if exists(before, &pointer) => {
            (OperationKind::Replace, pointer.to_string(), value)
        }
        Edit::Set { pointer, value } => (OperationKind::Add, pointer.to_string(), value),
        Edit::Append { pointer, value } => (OperationKind::Add, format!("{pointer}/-"), value),
        Edit::Remove { pointer } => {
            return Some(Operation {
                op: OperationKind::Remove,
                path: pointer.to_string(),
                value: None,
            });
        }
        // A difference is made of none of these.
        Edit::Patch { .. } | Edit::AddTag { .. } | Edit::Touch => return None,
    };
    let value = RawValue::from_string(value.into()).ok()?;
    Some(Operation {
        op,
        path,
        value: Some(value),
    })
}

fn exists(document: &Document, pointer: &Pointer) -> bool {
    document.view().walk(&pointer.tokens()).is_some()
}

#[cfg(test)]
mod tests;
