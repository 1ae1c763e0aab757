//! The check of what comes in by REST (`spec/conserver.md` §5.1–5.3).

use super::{Document, Form};
use crate::names::VconId;

/// One thing that is wrong with a document, in the shape that clients know (`{"type","loc","msg","input"}`) plus the JSON Pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// `missing`, `uuid_parsing`, `list_type`, …
    pub kind: &'static str,
    /// The way to it, without the leading `body`: names and indexes.
    pub location: Vec<serde_json::Value>,
    /// For people.
    pub message: String,
    /// The JSON Pointer of the fault.
    pub pointer: String,
    /// The value at fault, cut to a bounded size.
    pub input: serde_json::Value,
}

/// A document that passed.
#[derive(Debug)]
pub struct Ingested {
    /// Its id.
    pub id: VconId,
    /// The document as it is stored and answered (§5.2).
    pub document: Document,
    /// Its form.
    pub form: Form,
}

/// Checks and re-shapes.
///
/// # Errors
/// All faults found, at least one.
pub fn ingest(_body: &[u8]) -> Result<Ingested, Vec<Fault>> { todo!() }
