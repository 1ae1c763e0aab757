//! The difference of two documents as a JSON Patch (RFC 6902).
//!
//! Guarantee: any implementation that applies the operations to the first document gets a document
//! with the same values as the second.
//!
//! Not the diff of the `json-patch` crate: it works on `serde_json::Value`. Here, values keep the
//! text that they were written with.

use serde::Serialize;
use serde_json::value::RawValue;

use super::diff::diff;
use super::{Document, Edit, Pointer};

/// One operation of a patch. Serialises to its form in RFC 6902.
#[derive(Debug, Clone, Serialize)]
pub struct Operation {
    /// The kind of operation.
    pub op: OperationKind,
    /// JSON Pointer to the place. It ends in `/-` for a new last element.
    pub path: String,
    /// The value as it is written in the document. None for a removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
}

/// The kinds of operations in a difference. RFC 6902 has three more, which are never needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Adds a member, or an element at the end of an array.
    Add,
    /// Replaces a value.
    Replace,
    /// Removes a member or an element.
    Remove,
}

/// Returns the patch that turns `before` into `after`.
///
/// # Examples
/// ```
/// use vcon_document::{Document, json_patch::json_patch};
///
/// let before = Document::parse(r#"{"analysis":[]}"#)?;
/// let after = Document::parse(r#"{"analysis":[{"score":0.50}]}"#)?;
/// let patch = serde_json::to_string(&json_patch(&before, &after))?;
/// assert_eq!(patch, r#"[{"op":"add","path":"/analysis/-","value":{"score":0.50}}]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn json_patch(before: &Document, after: &Document) -> Vec<Operation> {
    diff(before, after)
        .into_iter()
        .filter_map(|edit| operation(before, edit))
        .collect()
}

/// Makes one operation of an edit. The edits of a difference change separate places. So the
/// document before all of them shows whether an edit replaces or adds a value.
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
        // A difference has none of these.
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
