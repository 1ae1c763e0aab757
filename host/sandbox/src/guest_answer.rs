//! Checks the result of a link's function and turns it into an outcome.
//!
//! Guarantee: names in an [`Outcome`] are valid, every target of an outcome is granted, texts are
//! escaped and bounded, and a returned document is the call's own, within its limits.

use crate::bindings::transform::exports::vcon::link::transformer::Transformed;
use crate::bindings::wit::outcomes::{Failure as WitFailure, FailureKind as WitKind, Outcome as WitOutcome};
use crate::bindings::wit::types::Error;
use crate::call_error::{CallError, Failure, FailureKind};
use crate::outcome::Outcome;
use crate::state::CallState;
use vcon_document::{Document, VconId, canonical, diff};
use vconduit_base::names::ListName;
use vconduit_base::text;

/// Maximum length of the reason of a stop, in bytes.
const MAX_REASON_BYTES: usize = 1024;

/// Maximum length of the message of a failure, in bytes: the first lines of a stack trace.
const MAX_MESSAGE_BYTES: usize = 2048;

/// Maximum length of an error text in a message, in bytes.
const MAX_ERROR_BYTES: usize = 300;

/// Result of a link's function, not checked yet.
pub(crate) enum GuestAnswer {
    /// Result of `run`.
    Run(Result<WitOutcome, WitFailure>),
    /// Result of `transform`.
    Transform(Result<Transformed, WitFailure>),
}

/// Checks a result. A document that `transform` returns is compared with the call's own, and the
/// differences become edits.
pub(crate) fn outcome(state: &mut CallState, answer: GuestAnswer) -> Result<Outcome, CallError> {
    match answer {
        GuestAnswer::Run(Ok(outcome)) => run_outcome(state, outcome),
        GuestAnswer::Transform(Ok(Transformed::Next(json))) => take_over(state, json).map(|()| Outcome::Next),
        GuestAnswer::Transform(Ok(Transformed::Stop(reason))) => Ok(stop(state, &reason)),
        GuestAnswer::Run(Err(failure)) | GuestAnswer::Transform(Err(failure)) => Err(link_failure(state, failure)),
    }
}

fn run_outcome(state: &CallState, outcome: WitOutcome) -> Result<Outcome, CallError> {
    match outcome {
        WitOutcome::Next => Ok(Outcome::Next),
        WitOutcome::Stop(reason) => Ok(stop(state, &reason)),
        WitOutcome::Switch(id) => switch(state, &id),
        WitOutcome::HandOff(list) => hand_off(state, &list),
    }
}

fn stop(state: &CallState, reason: &str) -> Outcome {
    Outcome::Stop(state.log.clean(reason, MAX_REASON_BYTES))
}

fn switch(state: &CallState, id: &str) -> Result<Outcome, CallError> {
    let id = VconId::new(id).map_err(|error| CallError::BadAnswer(format!("switch: {}", bounded(&error))))?;
    let grants = &state.context.grants;
    if id != state.context.vcon && !grants.read && !grants.create {
        return Err(CallError::BadAnswer(format!(
            "switch to another vCon, which is not granted; add `vcons: [read]` to the grants of the link {}",
            state.context.link
        )));
    }
    Ok(Outcome::Switch(id))
}

fn hand_off(state: &CallState, list: &str) -> Result<Outcome, CallError> {
    let list = ListName::new(list).map_err(|error| CallError::BadAnswer(format!("hand-off: {}", bounded(&error))))?;
    if !state.context.grants.allows_queue(list.as_str()) {
        return Err(CallError::BadAnswer(format!(
            "hand-off to the list {list}, which is not granted; add `queues: [{list}]` to the grants of the link {}",
            state.context.link
        )));
    }
    Ok(Outcome::HandOff(list))
}

fn link_failure(state: &CallState, failure: WitFailure) -> CallError {
    let message = match state.log.clean(failure.message.trim(), MAX_MESSAGE_BYTES) {
        message if message.is_empty() => "the link failed without a message".to_owned(),
        message => message,
    };
    let kind = match failure.kind {
        WitKind::Options => FailureKind::Options,
        WitKind::Vcon => FailureKind::Vcon,
        WitKind::Sealed => FailureKind::Sealed,
        WitKind::Service => FailureKind::Service,
        WitKind::Other => FailureKind::Other,
    };
    CallError::Failed(Failure {
        kind,
        message,
        retryable: failure.retryable,
        retry_after_ms: failure.retry_after_ms,
    })
}

/// Makes the differences between the returned document and the call's own into edits.
fn take_over(state: &mut CallState, json: String) -> Result<(), CallError> {
    let limit = state.context.limits.document_bytes;
    let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
    if size > limit {
        return Err(too_large(size, limit));
    }
    let mut after = Document::parse(json).map_err(|error| CallError::BadAnswer(bounded(&error)))?;
    canonical::upgrade(&mut after);
    let Some(before) = &state.document else {
        return Err(no_document());
    };
    if after.uuid() != before.uuid() {
        return Err(CallError::BadAnswer(
            "a document with another uuid; uuid has to stay the same".to_owned(),
        ));
    }
    for edit in diff::diff(before, &after) {
        state.edit(edit).map_err(edit_error)?;
    }
    Ok(())
}

fn edit_error(error: Error) -> CallError {
    match error {
        Error::Limit(text) => CallError::Limit(text),
        Error::Denied(text)
        | Error::BadJson(text)
        | Error::BadPointer(text)
        | Error::WrongType(text)
        | Error::Unavailable(text) => CallError::BadAnswer(bounded(&text)),
        Error::Opaque => CallError::BadAnswer("a change of a signed or encrypted document".to_owned()),
        Error::Missing => no_document(),
    }
}

fn no_document() -> CallError {
    CallError::BadAnswer("a document for a vCon that does not exist".to_owned())
}

fn bounded(error: &dyn std::fmt::Display) -> String {
    text::clean(&error.to_string(), MAX_ERROR_BYTES).into_owned()
}

/// Returns the error for a document that is larger than its limit.
pub(crate) fn too_large(size: u64, limit: u64) -> CallError {
    CallError::Limit(format!(
        "the document is {size} bytes long, the limit document_bytes is {limit}; raise it for this link, or keep recordings outside of the vCon"
    ))
}
