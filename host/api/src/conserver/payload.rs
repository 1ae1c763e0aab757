//! Request bodies as a vCon, a list of ids or an object, with pydantic's words for what is wrong.
//!
//! Guarantee: a large document is checked on a thread of its own. A fault repeats at most
//! [`MAX_INPUT_CHARS`] characters of what was sent.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::fault::{FieldFault, Parsed};
use super::{ApiError, query};
use crate::ApiState;
use crate::edge::body::BudgetShare;
use vcon_document::VconId;
use vcon_document::ingest::{Ingested, ingest};

/// Largest document in bytes that is checked on the thread of the request. The check of a larger
/// one takes 10 ms and more, and would hold up other requests.
const MAX_INLINE_BYTES: usize = 1024 * 1024;

/// Largest body in bytes that is not a document: some 200,000 ids. Parsed, it takes up to 30 times
/// as much memory.
const MAX_VALUE_BYTES: usize = 8 * 1024 * 1024;

/// Characters of a value that a fault repeats.
const MAX_INPUT_CHARS: usize = 1000;

/// A body that has been read, with its share of the budget for large bodies.
pub struct Payload {
    content: Content,
    _share: BudgetShare,
}

enum Content {
    Empty,
    /// Declared as JSON. Valid UTF-8.
    Json(Bytes),
    /// Declared as something else. Valid UTF-8 or not.
    Other(Bytes),
}

impl Payload {
    /// Reads a body of `limit` bytes at most.
    ///
    /// # Errors
    /// The body was not read to its end; a JSON body is not UTF-8.
    pub async fn read(api: &ApiState, headers: &HeaderMap, body: Body, limit: usize) -> Result<Self, ApiError> {
        let read = api.bodies.read(headers, body, limit).await?;
        let content = match read.bytes {
            bytes if bytes.is_empty() => Content::Empty,
            bytes if !is_json(headers) => Content::Other(bytes),
            bytes => Content::Json(utf8(bytes)?),
        };
        Ok(Self {
            content,
            _share: read.share,
        })
    }

    /// Checks the syntax of a body that is declared as JSON.
    ///
    /// # Errors
    /// The place where it is not JSON.
    pub fn syntax(&self) -> Parsed<()> {
        match &self.content {
            Content::Json(bytes) => serde_json::from_slice::<IgnoredAny>(bytes)
                .map(|_| ())
                .map_err(|error| vec![not_json(bytes, &error)]),
            Content::Empty | Content::Other(_) => Ok(()),
        }
    }

    /// The body as a vCon.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub async fn vcon(self) -> Parsed<Ingested> {
        let bytes = self.json(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
        )?;
        let result = if bytes.len() > MAX_INLINE_BYTES {
            let checked = tokio::task::spawn_blocking(move || ingest(&bytes)).await;
            checked.map_err(|error| {
                tracing::error!(%error, "the check of a document crashed");
                vec![FieldFault::value(
                    body_loc(),
                    "the document can't be checked",
                    Value::Null,
                )]
            })?
        } else {
            ingest(&bytes)
        };
        result.map_err(|faults| faults.into_iter().map(FieldFault::from).collect())
    }

    /// The body as an array of UUIDs.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn ids(self) -> Parsed<Vec<VconId>> {
        const NOT_A_LIST: (&str, &str) = ("list_type", "Input should be a valid list");
        let value = parse(&self.json(NOT_A_LIST.0, NOT_A_LIST.1)?)?;
        let Value::Array(items) = value else {
            return Err(vec![FieldFault::new(
                NOT_A_LIST.0,
                body_loc(),
                NOT_A_LIST.1,
                shown(&value),
            )]);
        };
        let at = |(at, item): (usize, &Value)| query::uuid_of(vec!["body".into(), at.into()], item);
        query::collect(items.iter().enumerate().map(at))
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn object(self) -> Parsed<serde_json::Map<String, Value>> {
        const NOT_AN_OBJECT: (&str, &str) = ("dict_type", "Input should be a valid dictionary");
        match parse(&self.json(NOT_AN_OBJECT.0, NOT_AN_OBJECT.1)?)? {
            Value::Object(object) => Ok(object),
            other => Err(vec![FieldFault::new(
                NOT_AN_OBJECT.0,
                body_loc(),
                NOT_AN_OBJECT.1,
                shown(&other),
            )]),
        }
    }

    /// The JSON text. A body that is declared as something else counts as a text, which is of the
    /// wrong type.
    fn json(&self, kind: &'static str, message: &str) -> Parsed<Bytes> {
        match &self.content {
            Content::Json(bytes) => Ok(bytes.clone()),
            Content::Empty => Err(vec![FieldFault::missing(body_loc())]),
            Content::Other(bytes) => {
                let start = bytes.get(..MAX_INPUT_CHARS).unwrap_or(bytes);
                let input = String::from_utf8_lossy(start).into_owned();
                Err(vec![FieldFault::new(kind, body_loc(), message, input.into())])
            }
        }
    }
}

fn body_loc() -> Vec<Value> {
    vec!["body".into()]
}

/// Returns whether a body is declared as JSON, by the rules of FastAPI: no type at all,
/// `application/json`, `application/<something>+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|sub| sub == "json" || sub.ends_with("+json"))
}

/// Checks that a body is UTF-8, and removes a byte order mark.
fn utf8(bytes: Bytes) -> Result<Bytes, ApiError> {
    std::str::from_utf8(&bytes).map_err(|_| ApiError::Undecodable)?;
    Ok(if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.slice(3..)
    } else {
        bytes
    })
}

fn parse(bytes: &[u8]) -> Parsed<Value> {
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(vec![FieldFault::value(
            body_loc(),
            "it is longer than 8 MiB: send it in parts",
            Value::Null,
        )]);
    }
    serde_json::from_slice(bytes).map_err(|error| vec![not_json(bytes, &error)])
}

/// The fault of a body that is not JSON. Its place is counted from the start of the body, as Python
/// does.
fn not_json(bytes: &[u8], error: &serde_json::Error) -> FieldFault {
    let before: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let at = before + error.column().saturating_sub(1);
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    FieldFault::not_json(at, reason)
}

/// A value as a fault repeats it: a large one is cut.
fn shown(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= MAX_INPUT_CHARS {
        value.clone()
    } else {
        json!(text.chars().take(MAX_INPUT_CHARS).collect::<String>())
    }
}
