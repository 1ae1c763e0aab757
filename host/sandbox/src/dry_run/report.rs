//! What a call did and used, for people and programs.

use std::time::Duration;

use serde::Serialize;

use super::documents::OtherVcon;
use crate::outbound::OutboundCall;
use crate::{CallError, CallReport, Outcome};
use vcon_document::Document;
use vcon_document::VconId;
use vcon_document::json_patch::{Operation, json_patch};
use vconduit_base::Secrets;
use vconduit_base::names::ListName;
use vconduit_base::secret_ref;
use vconduit_policy::{Grants, Limits};

/// The report of a dry run.
#[derive(Debug, Clone, Serialize)]
pub struct DryReport {
    /// What the chain would do next; absent when the call failed.
    pub outcome: Option<DryOutcome>,
    /// Why the call failed.
    pub failure: Option<DryFailure>,
    /// What changed in the vCon: a JSON Patch (RFC 6902) on the vCon in current names. Empty when the call failed.
    pub patch: Vec<Operation>,
    /// Ids that would have been pushed to lists.
    pub pushes: Vec<Pushed>,
    /// Lifetimes that would have been set.
    pub lifetimes: Vec<Lifetime>,
    /// What would have been done to other vCons; the first hundred. Also when the call failed: it would have been done by then.
    pub other_vcons: Vec<OtherVcon>,
    /// The log lines.
    pub log: Vec<LogEntry>,
    /// Requests that left, and such that were refused; the first hundred.
    pub requests: Vec<DryRequest>,
    /// What the call used.
    pub usage: DryUsage,
}

/// What the chain would do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DryOutcome {
    /// Go on with the next link.
    Next,
    /// End quietly.
    Stop {
        /// Why.
        reason: String,
    },
    /// Go on with another vCon.
    Switch {
        /// Which one.
        id: String,
    },
    /// Park the run.
    HandOff {
        /// The list that the id would be pushed to.
        list: String,
    },
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryFailure {
    /// As in the error record of a dead letter.
    pub class: &'static str,
    /// For people.
    pub message: String,
    /// Whether a chain would try again.
    pub retryable: bool,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A push that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// Where to.
    pub list: ListName,
    /// What.
    pub id: String,
}

/// A lifetime that was not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    /// Of which vCon.
    pub id: String,
    /// Seconds; 0 or less deletes at once.
    pub seconds: i64,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The text.
    pub message: String,
}

/// A request, made or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRequest {
    /// The method.
    pub method: String,
    /// The address without its query.
    pub url: String,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Why it was refused, or got no whole answer.
    pub problem: Option<String>,
    /// Body bytes received.
    pub response_bytes: u64,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// What a call used, each beside its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DryUsage {
    /// CPU time in microseconds.
    pub cpu_us: Used,
    /// Wall-clock time in microseconds.
    pub wall_us: Used,
    /// The largest memory.
    pub peak_memory_bytes: Used,
    /// Outbound requests begun.
    pub requests: Used,
    /// The body of the largest response.
    pub response_bytes: Used,
    /// Log bytes written, before any were dropped.
    pub log_bytes: Used,
    /// The document, the larger of what went in and what came out.
    pub document_bytes: Used,
}

/// An amount and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Used {
    /// How much it was.
    pub used: u64,
    /// How much it may be.
    pub limit: u64,
}

/// The values that a report must not show.
pub(super) struct Hidden(Vec<(String, String)>);

impl Hidden {
    pub(super) fn of(grants: &Grants, secrets: &Secrets) -> Self {
        let granted = grants.secrets.iter().filter_map(|name| {
            let value = secrets.reveal(name.as_str()).filter(|value| !value.is_empty())?;
            Some((value.to_owned(), secret_ref::written(name)))
        });
        Self(granted.collect())
    }

    fn out_of(&self, text: impl Into<String>) -> String {
        self.0
            .iter()
            .fold(text.into(), |text, (value, name)| text.replace(value, name))
    }
}

/// Puts the report together.
pub(super) fn make(
    before: &Document,
    report: CallReport,
    other_vcons: Vec<OtherVcon>,
    limits: Limits,
    hidden: &Hidden,
) -> DryReport {
    let after = report.document.as_ref().unwrap_or(before);
    let effects = &report.effects;
    let id = |id: &VconId| hidden.out_of(id.as_str());
    DryReport {
        outcome: report.result.as_ref().ok().map(|outcome| said(outcome, hidden)),
        failure: report.result.as_ref().err().map(|error| failure(error, hidden)),
        patch: json_patch(before, after),
        pushes: effects
            .push
            .iter()
            .map(|(list, pushed)| Pushed {
                list: list.clone(),
                id: id(pushed),
            })
            .collect(),
        lifetimes: effects
            .expire
            .iter()
            .map(|(vcon, seconds)| Lifetime {
                id: id(vcon),
                seconds: *seconds,
            })
            .collect(),
        other_vcons,
        log: report
            .log
            .iter()
            .map(|line| LogEntry {
                level: line.level.as_str().to_ascii_lowercase(),
                message: hidden.out_of(&line.message),
            })
            .collect(),
        requests: report.outbound.iter().map(|call| request(call, hidden)).collect(),
        usage: usage(before, &report, limits),
    }
}

fn said(outcome: &Outcome, hidden: &Hidden) -> DryOutcome {
    match outcome {
        Outcome::Next => DryOutcome::Next,
        Outcome::Stop(reason) => DryOutcome::Stop {
            reason: hidden.out_of(reason),
        },
        Outcome::Switch(id) => DryOutcome::Switch {
            id: hidden.out_of(id.as_str()),
        },
        Outcome::HandOff(list) => DryOutcome::HandOff {
            list: hidden.out_of(list.as_str()),
        },
    }
}

fn failure(error: &CallError, hidden: &Hidden) -> DryFailure {
    let retry_after_ms = match error {
        CallError::Failed(failure) => failure.retry_after_ms,
        _ => None,
    };
    DryFailure {
        class: error.class(),
        message: hidden.out_of(error.to_string()),
        retryable: error.retryable(),
        retry_after_ms,
    }
}

fn request(call: &OutboundCall, hidden: &Hidden) -> DryRequest {
    DryRequest {
        method: call.method.clone(),
        url: hidden.out_of(&call.url),
        status: call.status,
        problem: call.problem.as_ref().map(|problem| hidden.out_of(problem)),
        response_bytes: call.response_bytes,
        ms: u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
    }
}

fn usage(before: &Document, report: &CallReport, limits: Limits) -> DryUsage {
    let usage = &report.usage;
    let after = report.document.as_ref().map_or(0, Document::size_bytes);
    let of = |used, limit| Used { used, limit };
    DryUsage {
        cpu_us: of(microseconds(usage.cpu), microseconds(limits.cpu)),
        wall_us: of(microseconds(usage.wall), microseconds(limits.wall)),
        peak_memory_bytes: of(usage.peak_memory_bytes, limits.memory_bytes),
        requests: of(u64::from(usage.requests), u64::from(limits.requests)),
        response_bytes: of(usage.largest_response_bytes, limits.response_bytes),
        log_bytes: of(usage.log_bytes, limits.log_bytes),
        document_bytes: of(before.size_bytes().max(after), limits.document_bytes),
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
