//! Bodies as handlers get them, and the order in which the Conserver checks things.
//!
//! Guarantee: syntax of the body (422, 400) comes before the key (403), and the key before everything else. A client
//! without a key makes the host read and check [`UNKEYED_LIMIT`] bytes, no more.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::body::{self, Bound, Permits};
use super::fault::{FieldFault, Parsed};
use super::{ApiError, ApiState, Shared, query};
use vcon_document::VconId;
use vcon_document::ingest::{Ingested, ingest};

/// How much of a body is read for a client that has shown no key. Beyond that it is told so at once (403), before its
/// syntax: the only place where the order differs from the Conserver's, which would read all of it.
pub const UNKEYED_LIMIT: usize = 64 * 1024;

/// Documents larger than this are checked on a thread of their own, so that other requests are not held up by it: some
/// 10 ms of work.
const LARGE: usize = 1024 * 1024;

/// The largest body that is neither a document nor part of one: 200,000 ids. Parsed, it takes up to 30 times as much.
const SMALL_BODY: usize = 8 * 1024 * 1024;

/// How much of a value is shown back to the client that sent it.
const INPUT_SHOWN: usize = 1000;

/// A body that has been read, with its share of the budget.
pub struct Payload {
    content: Content,
    _permits: Permits,
}

enum Content {
    Empty,
    /// To be read as JSON. Valid UTF-8.
    Json(Bytes),
    /// Declared as something else. Valid UTF-8 or not.
    Other(Bytes),
}

/// A body that came with a key of the API.
pub struct KeyedBody(pub Payload);

impl FromRequest<Shared> for KeyedBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        if api.keys.admit(&head.headers) {
            return Ok(Self(Payload::read(api, &head.headers, body, Bound::full(api)).await?));
        }
        let bound = Bound {
            limit: UNKEYED_LIMIT,
            over: ApiError::InvalidKey,
        };
        Payload::read(api, &head.headers, body, bound).await?.syntax()?;
        Err(ApiError::InvalidKey)
    }
}

impl Payload {
    /// Reads a body.
    ///
    /// # Errors
    /// As [`body::read`], and when a JSON body is not UTF-8.
    pub async fn read(
        api: &ApiState,
        headers: &HeaderMap,
        body: axum::body::Body,
        bound: Bound,
    ) -> Result<Self, ApiError> {
        let read = body::read(api, headers, body, bound).await?;
        let content = match read.bytes {
            bytes if bytes.is_empty() => Content::Empty,
            bytes if !is_json(headers) => Content::Other(bytes),
            bytes => Content::Json(utf8(bytes)?),
        };
        Ok(Self {
            content,
            _permits: read.permits,
        })
    }

    /// The size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Empty => 0,
            Content::Json(bytes) | Content::Other(bytes) => bytes.len(),
        }
    }

    /// Whether there is no body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.content, Content::Empty)
    }

    /// Checks that a JSON body is JSON.
    ///
    /// # Errors
    /// Where it is not.
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
        let result = if bytes.len() > LARGE {
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

    /// The JSON text; what is declared as something else is a text, and so of the wrong type.
    fn json(&self, kind: &'static str, message: &str) -> Parsed<Bytes> {
        match &self.content {
            Content::Json(bytes) => Ok(bytes.clone()),
            Content::Empty => Err(vec![FieldFault::missing(body_loc())]),
            Content::Other(bytes) => {
                let start = bytes.get(..INPUT_SHOWN).unwrap_or(bytes);
                let input = String::from_utf8_lossy(start).into_owned();
                Err(vec![FieldFault::new(kind, body_loc(), message, input.into())])
            }
        }
    }
}

fn body_loc() -> Vec<Value> {
    vec!["body".into()]
}

/// As FastAPI decides: no type at all, `application/json`, `application/<something>+json`.
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

/// Text, without the mark that some editors put at its start.
fn utf8(bytes: Bytes) -> Result<Bytes, ApiError> {
    std::str::from_utf8(&bytes).map_err(|_| ApiError::Undecodable)?;
    Ok(if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.slice(3..)
    } else {
        bytes
    })
}

fn parse(bytes: &[u8]) -> Parsed<Value> {
    if bytes.len() > SMALL_BODY {
        return Err(vec![FieldFault::value(
            body_loc(),
            "it is longer than 8 MiB: send it in parts",
            Value::Null,
        )]);
    }
    serde_json::from_slice(bytes).map_err(|error| vec![not_json(bytes, &error)])
}

/// The place counts characters from the start, as Python does.
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

/// A value to be shown back, unless it is large.
fn shown(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= INPUT_SHOWN {
        value.clone()
    } else {
        json!(text.chars().take(INPUT_SHOWN).collect::<String>())
    }
}
