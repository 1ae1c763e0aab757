//! The check of incoming documents.
//!
//! Guarantee: accepts and refuses the same bodies as the API of the vCon Conserver, and in addition
//! accepts documents without `vcon` and signed or encrypted ones. Reports all faults, not the first
//! only. Values that already have their stored form keep their bytes.

use serde_json::Value;

use self::faults::{Faults, PathStep};
use super::Text;
use super::scan::Scanner;
use super::tree::{LEVELS, Node};
use super::view::{Kind, View};
use super::{Document, Form, lax, sealed};
use crate::VconId;

mod check;
mod faults;
mod fields;
mod patterns;
mod shape;

/// One fault of a document: the parts of an error of pydantic (`type`, `loc`, `msg`, `input`), and
/// a JSON Pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestFault {
    /// The kind in the words of pydantic: `missing`, `uuid_parsing`, `list_type` and so on.
    pub kind: &'static str,
    /// Names and indexes on the way to the fault, without the leading `body`. For a fault of the
    /// JSON text: its position in characters.
    pub location: Vec<Value>,
    /// The message for people.
    pub message: String,
    /// The JSON Pointer to the fault. Empty for a fault of the whole body.
    pub pointer: String,
    /// The value at fault. A value of more than 200 characters is cut, and is then a string.
    pub input: Value,
}

/// A document that passed the check.
#[derive(Debug)]
pub struct Ingested {
    /// The id of the document. A UUID is in lower case.
    pub id: VconId,
    /// The document in the shape in which it is stored.
    pub document: Document,
    /// The outer form of the document.
    pub form: Form,
}

/// The kind of the fault of a body that is not UTF-8 text. The Conserver responds to it differently
/// from the other faults.
pub const BODY_UNDECODABLE: &str = "body_undecodable";

/// Checks the body of a request, and gives the document the shape in which it is stored: the fields
/// that the Conserver declares come first and in its order, missing ones are added, and ids, dates
/// and numbers get its spelling. Signed and encrypted documents keep every byte, but must have a
/// readable id.
///
/// # Errors
/// All faults, at least one and at most 1,000, in the order of the declared fields.
///
/// # Examples
/// ```
/// use vcon_document::ingest::ingest;
///
/// let body = r#"{"uuid": "0190A0E0-0000-8000-8000-000000000001",
///                "created_at": 1767323045, "x": 1.50}"#;
/// let ingested = ingest(body.as_bytes()).expect("a valid document");
/// assert_eq!(ingested.id.as_str(), "0190a0e0-0000-8000-8000-000000000001");
/// let text = ingested.document.text();
/// assert!(text.contains(r#""created_at":"2026-01-02T03:04:05+00:00","subject":null"#));
/// assert!(text.ends_with(r#""attachments":[],"x":1.50}"#));
///
/// let faults = ingest(b"{}").unwrap_err();
/// assert_eq!(faults[0].pointer, "/uuid");
/// assert_eq!(faults[0].message, "Field required");
/// ```
pub fn ingest(body: &[u8]) -> Result<Ingested, Vec<IngestFault>> {
    let mut faults = Faults::default();
    let ingested = read(body, &mut faults).and_then(|document| accept(document, &mut faults));
    ingested.ok_or_else(|| faults.into_list())
}

/// Reads the bytes of a body as a JSON object.
fn read(body: &[u8], faults: &mut Faults) -> Option<Document> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    if body.is_empty() {
        faults.add("missing", &[], "Field required", None);
        return None;
    }
    let Ok(text) = std::str::from_utf8(body) else {
        faults.add(
            BODY_UNDECODABLE,
            &[],
            "There was an error parsing the body: it is not UTF-8 text",
            None,
        );
        return None;
    };
    if u32::try_from(text.len()).is_err() {
        faults.add(
            "json_invalid",
            &[PathStep::Index(0)],
            "JSON decode error: longer than 4 GiB",
            None,
        );
        return None;
    }
    let mut scanner = Scanner::strict(text);
    scanner.space();
    let read = Node::read(&mut scanner, LEVELS).and_then(|root| scanner.end().map(|()| root));
    match read {
        Ok(root) => object(text, root, faults),
        Err(error) => {
            faults.syntax(text, &error);
            None
        }
    }
}

fn object(text: &str, root: Node, faults: &mut Faults) -> Option<Document> {
    let view = View::of(&root, text);
    match view.kind() {
        Kind::Object => return Some(Document::from_parts(Text::from(text), root)),
        Kind::Null => faults.add("missing", &[], "Field required", Some(view)),
        _ => {
            let message = "Input should be a valid dictionary or object to extract fields from";
            faults.add("model_attributes_type", &[], message, Some(view));
        }
    }
    None
}

fn accept(mut document: Document, faults: &mut Faults) -> Option<Ingested> {
    let form = document.form();
    if form != Form::Unsigned {
        let id = sealed_id(document.view(), faults)?;
        return Some(Ingested { id, document, form });
    }
    check::document(document.view(), faults);
    if !faults.is_empty() {
        return None;
    }
    shape::document(&mut document);
    let id = document.uuid()?;
    Some(Ingested { id, document, form })
}

fn sealed_id(view: View<'_>, faults: &mut Faults) -> Option<VconId> {
    let at = [PathStep::Name("uuid")];
    let Some(text) = sealed::uuid(view) else {
        let message = "Field required: a signed or encrypted vCon has to carry its uuid where it can be read without a key: \
                       `signatures[].header.uuid` or the payload's `uuid` (signed), `unprotected.uuid` (encrypted)";
        faults.add("missing", &at, message, None);
        return None;
    };
    match lax::uuid(&text) {
        Ok(uuid) => VconId::new(uuid.to_string()).ok(),
        Err(why) => {
            faults.add(
                "uuid_parsing",
                &at,
                format!("Input should be a valid UUID, {why}"),
                None,
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
