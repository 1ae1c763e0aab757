//! Makes the report of a dry run from the report of its call.
//!
//! Guarantee: no text contains the value of a granted secret.

use std::time::Duration;

use super::documents::OtherVcon;
use super::report::{DryFailure, DryOutcome, DryReport, DryRequest, DryUsage, Lifetime, LogEntry, Pushed, Used};
use crate::call::CallReport;
use crate::call_error::CallError;
use crate::outbound::OutboundRecord;
use crate::outcome::{CallEffects, Outcome};
use vcon_document::Document;
use vcon_document::json_patch::json_patch;
use vconduit_base::{Secrets, secret_ref};
use vconduit_policy::{Grants, Limits};

/// Values of granted secrets and their references, which replace them in a report.
pub(super) struct GrantedSecrets(Vec<(String, String)>);

impl GrantedSecrets {
    /// Collects the secrets that `grants` permits.
    pub(super) fn of(grants: &Grants, secrets: &Secrets) -> Self {
        let granted = grants.secrets.iter().filter_map(|name| {
            let value = secrets.reveal(name.as_str()).filter(|value| !value.is_empty())?;
            Some((value.to_owned(), secret_ref::written(name)))
        });
        Self(granted.collect())
    }

    fn redact(&self, text: impl Into<String>) -> String {
        self.0
            .iter()
            .fold(text.into(), |text, (value, name)| text.replace(value, name))
    }
}

/// Makes the report of a dry run.
pub(super) fn report(
    before: &Document,
    report: CallReport,
    other_vcons: Vec<OtherVcon>,
    limits: Limits,
    secrets: &GrantedSecrets,
) -> DryReport {
    let after = report.document.as_ref().unwrap_or(before);
    let log = report.log.iter().map(|line| LogEntry {
        level: line.level.as_str().to_ascii_lowercase(),
        message: secrets.redact(&line.message),
    });
    DryReport {
        outcome: report.result.as_ref().ok().map(|next| outcome(next, secrets)),
        failure: report.result.as_ref().err().map(|error| failure(error, secrets)),
        patch: json_patch(before, after),
        pushes: pushes(&report.effects, secrets),
        lifetimes: lifetimes(&report.effects, secrets),
        other_vcons,
        log: log.collect(),
        requests: report.outbound.iter().map(|record| request(record, secrets)).collect(),
        usage: usage(before, &report, limits),
    }
}

fn pushes(effects: &CallEffects, secrets: &GrantedSecrets) -> Vec<Pushed> {
    let pushes = effects.push.iter().map(|(list, id)| Pushed {
        list: list.clone(),
        id: secrets.redact(id.as_str()),
    });
    pushes.collect()
}

fn lifetimes(effects: &CallEffects, secrets: &GrantedSecrets) -> Vec<Lifetime> {
    let lifetimes = effects.expire.iter().map(|(id, seconds)| Lifetime {
        id: secrets.redact(id.as_str()),
        seconds: *seconds,
    });
    lifetimes.collect()
}

fn outcome(outcome: &Outcome, secrets: &GrantedSecrets) -> DryOutcome {
    match outcome {
        Outcome::Next => DryOutcome::Next,
        Outcome::Stop(reason) => DryOutcome::Stop {
            reason: secrets.redact(reason),
        },
        Outcome::Switch(id) => DryOutcome::Switch {
            id: secrets.redact(id.as_str()),
        },
        Outcome::HandOff(list) => DryOutcome::HandOff {
            list: secrets.redact(list.as_str()),
        },
    }
}

fn failure(error: &CallError, secrets: &GrantedSecrets) -> DryFailure {
    let retry_after_ms = match error {
        CallError::Failed(failure) => failure.retry_after_ms,
        _ => None,
    };
    DryFailure {
        class: error.class(),
        message: secrets.redact(error.to_string()),
        retryable: error.retryable(),
        retry_after_ms,
    }
}

fn request(record: &OutboundRecord, secrets: &GrantedSecrets) -> DryRequest {
    DryRequest {
        method: record.method.clone(),
        url: secrets.redact(&record.url),
        status: record.status,
        problem: record.problem.as_ref().map(|problem| secrets.redact(problem)),
        response_bytes: record.response_bytes,
        ms: u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
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
