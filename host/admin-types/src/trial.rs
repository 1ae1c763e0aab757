//! The report of a trial: one call of a link that changed nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Report of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialReport {
    /// Next step of the chain; null if the call failed.
    pub outcome: Option<TrialOutcome>,
    /// Failure of the call; null if it did not fail.
    pub failure: Option<TrialFailure>,
    /// Changes of the vCon: a JSON Patch (RFC 6902). Empty if the call failed.
    pub patch: Vec<VconChange>,
    /// Ids that would have been pushed to lists.
    pub pushes: Vec<TrialPush>,
    /// Lifetimes that would have been set.
    pub lifetimes: Vec<TrialLifetime>,
    /// Operations on other vCons that would have been done, 100 at most. Also if the call failed.
    pub other_vcons: Vec<TrialOtherVcon>,
    /// Log of the call.
    pub log: Vec<TrialLogLine>,
    /// Outbound requests, refused ones included, 100 at most.
    pub requests: Vec<TrialRequest>,
    /// Amounts that the call used.
    pub usage: TrialUsage,
}

/// Next step of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TrialOutcome {
    /// Continue with the next link.
    Next,
    /// End the chain without storage, egress or error.
    Stop {
        /// Reason that the link gives.
        reason: String,
    },
    /// Continue with another vCon.
    Switch {
        /// Id of the other vCon.
        id: String,
    },
    /// Park the run.
    HandOff {
        /// List that the id would be pushed to.
        list: String,
    },
}

/// Failure of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialFailure {
    /// Class of the error, as in the record of a dead letter.
    pub class: String,
    /// Message for people.
    pub message: String,
    /// True if a chain would try the call again.
    pub retryable: bool,
    /// Time to wait before the next attempt, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A change of a vCon: an operation of a JSON Patch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VconChange {
    /// The operation.
    pub op: VconChangeKind,
    /// JSON Pointer of the place.
    pub path: String,
    /// The new value; absent for a removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Operation of a JSON Patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VconChangeKind {
    /// Adds a member, or an element at the end of an array.
    Add,
    /// Replaces a value.
    Replace,
    /// Removes a member or an element.
    Remove,
}

/// A push that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialPush {
    /// Name of the list.
    pub list: String,
    /// Id that would have been pushed.
    pub id: String,
}

/// A lifetime that was not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialLifetime {
    /// Id of the vCon.
    pub id: String,
    /// Lifetime in seconds. 0 or less deletes at once.
    pub seconds: i64,
}

/// An operation on another vCon that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialOtherVcon {
    /// The operation.
    pub deed: TrialDeed,
    /// Id of the other vCon.
    pub id: String,
}

/// Operation on another vCon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrialDeed {
    /// The vCon would be stored.
    Create,
    /// The vCon would be deleted.
    Delete,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialLogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// Text of the line.
    pub message: String,
}

/// An outbound request, sent or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialRequest {
    /// HTTP method.
    pub method: String,
    /// URL without its query.
    pub url: String,
    /// Status of the response; null if there was none.
    pub status: Option<u16>,
    /// Reason why it was refused or got no complete response.
    pub problem: Option<String>,
    /// Bytes of the response's body that arrived.
    pub response_bytes: u64,
    /// Duration in milliseconds.
    pub ms: u64,
}

/// Amounts that a call used, each with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialUsage {
    /// CPU time in microseconds.
    pub cpu_us: TrialAmount,
    /// Wall-clock time in microseconds.
    pub wall_us: TrialAmount,
    /// Largest size of all memories together, in bytes.
    pub peak_memory_bytes: TrialAmount,
    /// Number of outbound requests.
    pub requests: TrialAmount,
    /// Size of the largest response body, in bytes.
    pub response_bytes: TrialAmount,
    /// Bytes of the log, dropped ones included.
    pub log_bytes: TrialAmount,
    /// Size of the vCon before or after the call, whichever is larger, in bytes.
    pub document_bytes: TrialAmount,
}

/// An amount and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialAmount {
    /// The amount.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}
