//! Bodies of the Conserver's routes.
//!
//! [`Vcon`] and its parts only describe documents: the rules for what is accepted are in
//! `vcon_document::ingest`, and documents leave as text.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::fault::FieldFault;
use vconduit_base::names::ListName;

/// A vCon. Members that are not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct Vcon {
    /// Version of the vCon format. Any text is accepted.
    pub vcon: String,
    /// Id of the vCon. Any spelling of a UUID is accepted.
    pub uuid: uuid::Uuid,
    /// Time of creation: ISO 8601, or Unix time.
    pub created_at: String,
    /// Subject of the conversation.
    pub subject: Option<String>,
    /// Reference to the unredacted version.
    #[schema(required = false)]
    pub redacted: Map<String, Value>,
    /// Reference to the earlier version that this one adds to.
    pub appended: Option<Map<String, Value>>,
    /// Other vCons that this one gathers.
    #[schema(required = false)]
    pub group: Vec<Map<String, Value>>,
    /// People and systems of the conversation.
    #[schema(required = false)]
    pub parties: Vec<PartyEntry>,
    /// Recordings and texts of the conversation.
    #[schema(required = false)]
    pub dialog: Vec<DialogEntry>,
    /// Results of analyses, such as transcripts.
    #[schema(required = false)]
    pub analysis: Vec<Map<String, Value>>,
    /// Files and data that belong to the conversation.
    #[schema(required = false)]
    pub attachments: Vec<Map<String, Value>>,
    /// Any other member.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A party. Members that are not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct PartyEntry {
    /// Telephone number: `+`, `(` or a digit, and at least four characters more.
    pub tel: Option<String>,
    /// Any other member.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A part of the conversation. Members that are not named here are kept.
#[derive(ToSchema, Serialize)]
pub struct DialogEntry {
    /// Duration in seconds.
    #[schema(minimum = 0)]
    pub duration: Option<f64>,
    /// Time of the start: ISO 8601, or Unix time.
    pub start: Option<String>,
    /// Indexes of the parties.
    pub parties: Option<Vec<i64>>,
    /// URL of the content.
    pub url: Option<String>,
    /// Media type of the content, without parameters.
    pub mimetype: Option<String>,
    /// Algorithm of the content's signature or hash, for example `SHA-512`.
    pub alg: Option<String>,
    /// Any other member.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The faults of a request that is not valid.
#[derive(ToSchema, Serialize)]
#[schema(as = HTTPValidationError)]
pub struct HttpValidationError {
    /// All faults.
    pub detail: Vec<FieldFault>,
}

/// A list and its depth.
#[derive(ToSchema, Serialize)]
pub struct QueueDepth {
    /// Name of the list.
    #[schema(value_type = String)]
    pub list_name: ListName,
    /// Number of ids on it.
    pub depth: u64,
}

/// Version of the program.
#[derive(ToSchema, Serialize)]
pub struct VersionInfo {
    /// Text of `VCON_SERVER_VERSION`.
    pub version: String,
    /// Commit that it was built from.
    pub git_commit: String,
    /// Time of the build.
    pub build_time: String,
}

/// Health of the process.
#[derive(ToSchema, Serialize)]
pub struct Health {
    /// Always `healthy`.
    pub status: &'static str,
    /// Version of the program.
    pub version: VersionInfo,
}

/// Readiness of the host.
#[derive(ToSchema, Serialize)]
pub struct Ready {
    /// `ready` or `not ready`.
    pub status: &'static str,
    /// Parts that are not ready, each with the reason.
    #[schema(value_type = BTreeMap<String, String>)]
    pub reasons: BTreeMap<&'static str, String>,
}
