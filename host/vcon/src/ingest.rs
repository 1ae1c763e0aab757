//! The check of what comes in by REST (`spec/conserver.md` §5.1–5.3).
//!
//! Guarantee: takes and refuses exactly what the Conserver's API does, and beyond it documents without `vcon` and sealed forms;
//! names every fault, not the first; what it does not have to re-shape keeps its bytes.

use serde_json::Value;

use self::faults::{Faults, Step};
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

/// One thing that is wrong with a document, in the shape that clients know (`{"type","loc","msg","input"}`) plus the JSON Pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// `missing`, `uuid_parsing`, `list_type`, …
    pub kind: &'static str,
    /// The way to it, without the leading `body`: names and indexes.
    pub location: Vec<Value>,
    /// For people.
    pub message: String,
    /// The JSON Pointer of the fault.
    pub pointer: String,
    /// The value at fault, cut to a bounded size.
    pub input: Value,
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

/// The kind of the fault for a body that is not text; the HTTP edge answers it differently from the others.
pub const BODY_UNDECODABLE: &str = "body_undecodable";

/// Checks and re-shapes.
///
/// # Errors
/// All faults found, at least one.
pub fn ingest(body: &[u8]) -> Result<Ingested, Vec<Fault>> {
    let mut faults = Faults::default();
    let ingested = read(body, &mut faults).and_then(|document| accept(document, &mut faults));
    ingested.ok_or_else(|| faults.into_list())
}

/// Bytes to an object, or a fault.
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
            &[Step::Index(0)],
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
    let at = [Step::Name("uuid")];
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
