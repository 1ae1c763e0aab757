//! Faults of a request, in the shape that FastAPI's clients know.
//!
//! Guarantee: all faults of a request are reported together. A fault of syntax is reported alone,
//! because nothing after it was read.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Type of the fault of a body that is not JSON.
const JSON_INVALID: &str = "json_invalid";

/// A fault of a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ValidationError)]
pub struct FieldFault {
    /// Type of the fault, for programs: `missing`, `uuid_parsing` and so on.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// Place of the fault: `path`, `query` or `body`, then names and indexes.
    #[schema(value_type = Vec<LocationPart>)]
    pub loc: Vec<Value>,
    /// Message for people.
    pub msg: String,
    /// The value at that place.
    pub input: Value,
    /// Values that the message was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Map<String, Value>>)]
    pub ctx: Option<Value>,
    /// JSON Pointer of a fault within the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// A parsed value, or all its faults.
pub type Parsed<T> = Result<T, Vec<FieldFault>>;

/// Two parsed values, or the faults of both.
///
/// # Errors
/// The faults of both, in order.
pub fn both<A, B>(first: Parsed<A>, second: Parsed<B>) -> Parsed<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(mut first), Err(second)) => {
            first.extend(second);
            Err(first)
        }
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
    }
}

impl FieldFault {
    /// A fault without context.
    #[must_use]
    pub fn new(kind: &'static str, loc: Vec<Value>, msg: impl Into<String>, input: Value) -> Self {
        Self {
            kind: kind.into(),
            loc,
            msg: msg.into(),
            input,
            ctx: None,
            pointer: None,
        }
    }

    /// Adds the values that the message was made from.
    #[must_use]
    pub fn with(mut self, ctx: Value) -> Self {
        self.ctx = Some(ctx);
        self
    }

    /// The fault of a parameter or body that is missing.
    #[must_use]
    pub fn missing(loc: Vec<Value>) -> Self {
        Self::new("missing", loc, "Field required", Value::Null)
    }

    /// The fault of a value that breaks a rule of vConduit.
    #[must_use]
    pub fn value(loc: Vec<Value>, rule: impl std::fmt::Display, input: Value) -> Self {
        Self::new("value_error", loc, format!("Value error, {rule}"), input).with(json!({"error": {}}))
    }

    /// The fault of a body that is not JSON; `at` is counted from its start.
    #[must_use]
    pub fn not_json(at: usize, reason: &str) -> Self {
        Self::new(
            JSON_INVALID,
            vec!["body".into(), at.into()],
            "JSON decode error",
            json!({}),
        )
        .with(json!({"error": reason}))
    }

    pub(super) fn is_syntax(&self) -> bool {
        self.kind == JSON_INVALID
    }
}

/// A part of the place of a fault.
#[derive(ToSchema, Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the elements of `loc`")]
pub enum LocationPart {
    /// Name of a member or parameter.
    Name(String),
    /// Index in a list.
    Index(u64),
}

impl From<vcon_document::IngestFault> for FieldFault {
    fn from(fault: vcon_document::IngestFault) -> Self {
        let loc = std::iter::once("body".into()).chain(fault.location).collect();
        if fault.kind == JSON_INVALID {
            let reason = fault
                .message
                .strip_prefix("JSON decode error: ")
                .unwrap_or(&fault.message);
            return Self::new(JSON_INVALID, loc, "JSON decode error", json!({})).with(json!({"error": reason}));
        }
        let pointer = Some(fault.pointer);
        Self {
            kind: fault.kind.into(),
            loc,
            msg: fault.message,
            input: fault.input,
            ctx: None,
            pointer,
        }
    }
}
