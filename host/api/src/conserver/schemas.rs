//! Shapes for the API's description only. What is accepted and answered is decided in `vcon::ingest`.

// Nothing makes values of these; utoipa reads their fields.
#![allow(dead_code)]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A vCon. Members not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct Vcon {
    /// Version of the vCon format. Any text is taken.
    pub vcon: String,
    /// The id. Any spelling of a UUID is taken.
    pub uuid: uuid::Uuid,
    /// ISO 8601, or Unix time.
    pub created_at: String,
    /// What it is about.
    pub subject: Option<String>,
    /// About an unredacted version.
    #[schema(value_type = Option<Object>)]
    pub redacted: Option<Value>,
    /// About an earlier version that this one adds to.
    #[schema(value_type = Option<Object>)]
    pub appended: Option<Value>,
    /// vCons that this one gathers.
    #[schema(value_type = Option<Vec<Object>>)]
    pub group: Option<Vec<Value>>,
    /// Who took part.
    pub parties: Option<Vec<PartyEntry>>,
    /// What was said and sent.
    pub dialog: Option<Vec<DialogEntry>>,
    /// What was found out about it.
    #[schema(value_type = Option<Vec<Object>>)]
    pub analysis: Option<Vec<Value>>,
    /// What belongs to it.
    #[schema(value_type = Option<Vec<Object>>)]
    pub attachments: Option<Vec<Value>>,
    /// Anything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A party. Members not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct PartyEntry {
    /// Telephone number: `+`, `(` or a digit, and at least four characters more.
    pub tel: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A part of the conversation. Members not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct DialogEntry {
    /// Seconds.
    #[schema(minimum = 0)]
    pub duration: Option<f64>,
    /// When it began.
    pub start: Option<String>,
    /// Indexes of the parties.
    pub parties: Option<Vec<i64>>,
    /// Where the content is.
    pub url: Option<String>,
    /// Media type of the content, without parameters.
    pub mimetype: Option<String>,
    /// Algorithm of the content's signature or hash, for example `SHA-512`.
    pub alg: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Why a request is not valid: everything that is wrong with it.
#[derive(ToSchema, Serialize)]
#[schema(as = HTTPValidationError)]
pub struct HttpValidationError {
    /// The faults.
    pub detail: Vec<ValidationError>,
}

/// One thing that is wrong with a request.
#[derive(ToSchema, Serialize)]
pub struct ValidationError {
    /// Where: `path`, `query` or `body`, then names and indexes.
    #[schema(value_type = Vec<Object>)]
    pub loc: Vec<Value>,
    /// For people.
    pub msg: String,
    /// For programs: `missing`, `uuid_parsing`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What was sent.
    #[schema(value_type = Object)]
    pub input: Value,
    /// JSON Pointer of a fault within the body.
    pub pointer: Option<String>,
}

/// A refusal.
#[derive(ToSchema, Serialize)]
pub struct Refusal {
    /// Why.
    pub detail: String,
}

/// An error that ought not to happen.
#[derive(ToSchema, Serialize)]
pub struct Unexplained {
    /// That it happened.
    pub detail: String,
    /// The id under which the log has more.
    pub request_id: Option<String>,
}

/// A list and its depth.
#[derive(ToSchema, Serialize)]
pub struct QueueDepth {
    /// The list.
    pub list_name: String,
    /// The number of ids on it.
    pub depth: u64,
}

/// What is running.
#[derive(ToSchema, Serialize)]
pub struct VersionInfo {
    /// Version.
    pub version: String,
    /// Commit that it was built from.
    pub git_commit: String,
    /// When it was built.
    pub build_time: String,
}

/// A sign of life.
#[derive(ToSchema, Serialize)]
pub struct Health {
    /// `healthy`
    pub status: String,
    /// What is running.
    pub version: VersionInfo,
}

/// Whether the host can work.
#[derive(ToSchema, Serialize)]
pub struct Ready {
    /// `ready` or `not ready`
    pub status: String,
    /// The parts that are not ready, and why.
    pub reasons: BTreeMap<String, String>,
}
