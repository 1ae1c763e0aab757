//! Calls one link of a run: version, options, attempts, and the consequence of a failure.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::end::Reason;
use super::state::Run;
use super::trail::{LinkNote, outcome};
use super::{ChainRunner, RunError};
use crate::figures::stats;
use crate::registry::VersionError;
use crate::snapshot::{ReadyLink, Snapshot};
use vcon_document::{Form, canonical};
use vconduit_base::names::Digest;
use vconduit_config::{Chain, ChainLink, OnError};
use vconduit_sandbox::call::{CallError, FailureKind};
use vconduit_sandbox::{Call, CallContext, CallReport, Outcome, World};
use vconduit_telemetry::metrics;

/// The first wait between attempts, doubled each time. A short outage of a service is over within a
/// second. A longer one is better met by a dead letter than by an occupied slot.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// The longest wait between attempts, also where the link asks for more: the run occupies a slot
/// meanwhile.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The result of a link, after all attempts.
pub(super) enum Called {
    /// The call succeeded; the run has its edits and effects.
    Done(Done),
    /// The run continues without this link: it failed with `on_error: continue`, or can't work on a
    /// sealed vCon.
    PassedOver,
    /// The run ends: the link failed with `on_error: stop`.
    Stopped,
}

/// A call that succeeded.
pub(super) struct Done {
    /// The next step of the run.
    pub outcome: Outcome,
    /// True when the call had effects outside, so that a checkpoint has to follow.
    pub reached_outside: bool,
}

impl ChainRunner {
    /// Calls the link at this place of the chain, with retries.
    pub(super) async fn call(
        &self,
        run: &mut Run,
        chain: &Chain,
        place: &ChainLink,
        snapshot: &Snapshot,
        deadline: Option<Instant>,
    ) -> Result<Called, RunError> {
        let ready = self.ready(run, place, snapshot).await?;
        run.last = Some((place.name.clone(), ready.component.digest.clone()));
        if ready.component.world == World::Transform && sealed(run) {
            note_in_trail(run, place, &ready, 1, Duration::ZERO, ("passed-over", None));
            return Ok(Called::PassedOver);
        }
        let options = options_for(&ready, place);
        let (mut attempt, mut wall) = (1, Duration::ZERO);
        let error = loop {
            let call = self.prepare(run, place, &ready, &options, attempt, deadline);
            let report = self.sandbox.call(call).await;
            self.note(run, place, &report);
            wall += report.usage.wall;
            match take(run, report) {
                Ok(done) => {
                    note_in_trail(run, place, &ready, attempt, wall, (outcome(&done.outcome), None));
                    return Ok(Called::Done(done));
                }
                // It waited for a gate that was closed while the store was unavailable.
                Err(error) if !run.hold.is_held() => {
                    tracing::debug!(vcon = %run.current, link = %place.name, %error, "the call failed while the claim could not be renewed; it is tried again");
                    run.hold.held().await;
                }
                Err(error) if attempt >= ready.link.limits.attempts || !error.retryable() => break error,
                Err(error) => {
                    let Some(wait) = backoff(&error, attempt, deadline) else {
                        break error;
                    };
                    tracing::debug!(vcon = %run.current, link = %place.name, %error, attempt, wait_ms = wait.as_millis(), "the call failed and is tried again");
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
            }
        };
        let passed_over = is_sealed(&error) && sealed(run);
        let came_to = if passed_over {
            ("passed-over", None)
        } else {
            ("failed", Some(error.class()))
        };
        note_in_trail(run, place, &ready, attempt, wall, came_to);
        if passed_over {
            tracing::debug!(vcon = %run.current, link = %place.name, "the vCon is signed or encrypted; the link is passed over");
            return Ok(Called::PassedOver);
        }
        failed(run, chain, place, &ready, &error, attempt)
    }

    /// The link, ready to be called: the active version, or the one that this run was asked to use.
    async fn ready<'a>(
        &self,
        run: &Run,
        place: &ChainLink,
        snapshot: &'a Snapshot,
    ) -> Result<Cow<'a, ReadyLink>, RunError> {
        let broken = |version: Option<&Digest>, message: String| {
            RunError::Failed(Reason {
                link: Some(place.name.clone()),
                version: version.cloned(),
                ..Reason::plain("config", message)
            })
        };
        let Some(ready) = snapshot.links.get(&place.name) else {
            let message = format!(
                "the link {} is not ready on this host; see the log of the host's last reload",
                place.name
            );
            return Err(broken(None, message));
        };
        let Some(version) = run.versions.get(&place.name) else {
            return Ok(Cow::Borrowed(ready));
        };
        match self.registry.link_at(&place.name, ready, version, &place.options).await {
            Ok(ready) => Ok(Cow::Owned(ready)),
            Err(VersionError::Store(error)) => Err(RunError::Store(error)),
            Err(reason) => {
                let message = format!(
                    "link {} can't run in the version that was asked for: {reason}",
                    place.name
                );
                Err(broken(Some(version), message))
            }
        }
    }

    fn prepare(
        &self,
        run: &mut Run,
        place: &ChainLink,
        ready: &ReadyLink,
        options: &Arc<str>,
        attempt: u32,
        deadline: Option<Instant>,
    ) -> Call {
        Call {
            component: ready.component.clone(),
            context: CallContext {
                link: place.name.clone(),
                chain: run.chain.clone(),
                ingress_list: Some(run.claim.list.clone()),
                attempt,
                grants: ready.grants.clone(),
                limits: ready.link.limits,
                vcon: run.current.clone(),
                egress: self.egress,
                secrets: self.secrets.clone(),
                documents: self.documents.clone(),
                gate: Arc::new(run.hold.clone()),
                environment: self.environment.clone(),
                metrics: self.guest_metrics.clone(),
                keep_log: false,
            },
            options: options.clone(),
            document: run.document.take(),
            deadline,
            warm: ready.warm,
        }
    }

    fn note(&self, run: &Run, place: &ChainLink, report: &CallReport) {
        let (outcome, ended) = match &report.result {
            Ok(Outcome::Stop(_)) => ("halt", stats::Ended::Stopped),
            Ok(_) => ("success", stats::Ended::Next),
            Err(error) if is_sealed(error) => ("success", stats::Ended::Next),
            Err(_) => ("error", stats::Ended::Failed),
        };
        metrics::link_called(&place.name, &run.chain, outcome, report.usage.wall);
        self.stats.note(&place.name, &report.usage, ended);
        if let Err(error) = &report.result
            && !matches!(error, CallError::Failed(_))
        {
            metrics::link_contained(&place.name, error.class());
        }
    }
}

fn failed(
    run: &Run,
    chain: &Chain,
    place: &ChainLink,
    ready: &ReadyLink,
    error: &CallError,
    attempts: u32,
) -> Result<Called, RunError> {
    // The deadline of the chain ends the run whatever `on_error` says: there is no time left to
    // continue.
    let on_error = match error {
        CallError::ChainDeadline => OnError::DeadLetter,
        _ => ready.link.on_error.unwrap_or(chain.on_error),
    };
    if on_error != OnError::DeadLetter {
        tracing::warn!(vcon = %run.current, chain = %run.chain, link = %place.name, %error, ?on_error, "the link failed");
    }
    match on_error {
        OnError::Continue => Ok(Called::PassedOver),
        OnError::Stop => Ok(Called::Stopped),
        OnError::DeadLetter => Err(RunError::Failed(Reason {
            link: Some(place.name.clone()),
            version: Some(ready.component.digest.clone()),
            class: error.class(),
            message: error.to_string(),
            attempts,
        })),
    }
}

fn note_in_trail(
    run: &mut Run,
    place: &ChainLink,
    ready: &ReadyLink,
    attempts: u32,
    wall: Duration,
    (outcome, class): (&'static str, Option<&'static str>),
) {
    run.trail.link(|| LinkNote {
        link: place.name.clone(),
        version: ready.component.digest.clone(),
        us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        outcome,
        class,
        attempts,
    });
}

fn is_sealed(error: &CallError) -> bool {
    matches!(error, CallError::Failed(failure) if failure.kind == FailureKind::Sealed)
}

/// Takes the result of a call into the run.
fn take(run: &mut Run, report: CallReport) -> Result<Done, CallError> {
    run.document = report.document;
    let outcome = report.result?;
    if !report.edits.is_empty() {
        run.edits.extend(report.edits);
        // The next link sees the document in its stored form, as it would after a restart.
        if let Some(document) = &mut run.document {
            canonical::enforce(document);
        }
    }
    run.effects.push.extend(report.effects.push);
    run.effects.expire.extend(report.effects.expire);
    Ok(Done {
        outcome,
        reached_outside: report.reached_outside,
    })
}

/// True when the document is signed or encrypted. Such a document passes through the chain
/// unchanged.
fn sealed(run: &Run) -> bool {
    run.document
        .as_ref()
        .is_some_and(|document| document.form() != Form::Unsigned)
}

fn options_for(ready: &ReadyLink, place: &ChainLink) -> Arc<str> {
    if place.options.is_empty() {
        return ready.options_text.clone();
    }
    let mut options = ready.options.clone();
    options.extend(place.options.clone());
    serde_json::Value::Object(options).to_string().into()
}

/// The wait before the next attempt; nothing when the deadline comes first.
fn backoff(error: &CallError, attempt: u32, deadline: Option<Instant>) -> Option<Duration> {
    let asked = match error {
        CallError::Failed(failure) => failure.retry_after_ms.map(Duration::from_millis),
        _ => None,
    };
    let doubled = FIRST_BACKOFF.saturating_mul(1 << (attempt - 1).min(16));
    let wait = asked.unwrap_or(doubled).min(MAX_BACKOFF);
    deadline
        .is_none_or(|deadline| Instant::now() + wait < deadline)
        .then_some(wait)
}
