//! Report of a dry run: effects and costs of the call, for people and programs.

use serde::Serialize;

use super::documents::OtherVcon;
use vcon_document::json_patch::Operation;
use vconduit_base::names::ListName;

/// Report of a dry run.
#[derive(Debug, Clone, Serialize)]
pub struct DryReport {
    /// Next step of the chain. None if the call failed.
    pub outcome: Option<DryOutcome>,
    /// Reason why the call failed. None if it did not fail.
    pub failure: Option<DryFailure>,
    /// Changes of the vCon: a JSON Patch (RFC 6902) on the vCon in current names. Empty if the call
    /// failed.
    pub patch: Vec<Operation>,
    /// Ids that would have been pushed to lists.
    pub pushes: Vec<Pushed>,
    /// Lifetimes that would have been set.
    pub lifetimes: Vec<Lifetime>,
    /// Operations on other vCons that a real call would have done, at most 100. Also if the call
    /// failed: a real call would have done them by then.
    pub other_vcons: Vec<OtherVcon>,
    /// Log lines of the call.
    pub log: Vec<LogEntry>,
    /// Outbound requests, refused ones included, at most 100.
    pub requests: Vec<DryRequest>,
    /// Amounts that the call used.
    pub usage: DryUsage,
}

/// Next step of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DryOutcome {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryFailure {
    /// Class of the failure, as in the error record of a dead letter.
    pub class: &'static str,
    /// Message for people.
    pub message: String,
    /// True if a chain would try the call again.
    pub retryable: bool,
    /// Time to wait before the next try, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A push that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// Name of the list.
    pub list: ListName,
    /// Id that would have been pushed.
    pub id: String,
}

/// A lifetime that was not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    /// Id of the vCon.
    pub id: String,
    /// Lifetime in seconds. 0 or less deletes at once.
    pub seconds: i64,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// Text of the line.
    pub message: String,
}

/// An outbound request, sent or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRequest {
    /// HTTP method.
    pub method: String,
    /// URL without its query.
    pub url: String,
    /// Status of the response. None if there was none.
    pub status: Option<u16>,
    /// Reason why it was refused or got no complete response.
    pub problem: Option<String>,
    /// Body bytes received.
    pub response_bytes: u64,
    /// Duration in milliseconds.
    pub ms: u64,
}

/// Amounts that a call used, each with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DryUsage {
    /// CPU time in microseconds.
    pub cpu_us: Used,
    /// Wall-clock time in microseconds.
    pub wall_us: Used,
    /// Largest size of all memories together, in bytes.
    pub peak_memory_bytes: Used,
    /// Number of outbound requests that were admitted.
    pub requests: Used,
    /// Size of the largest response body, in bytes.
    pub response_bytes: Used,
    /// Log bytes that the link wrote, dropped ones included.
    pub log_bytes: Used,
    /// Size of the document before or after the call, whichever is larger, in bytes.
    pub document_bytes: Used,
}

/// An amount and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Amount that was used.
    pub used: u64,
    /// Maximum amount.
    pub limit: u64,
}
