//! What a link answered, checked.
//!
//! Guarantee: names in an [`Outcome`] are names, what the outcome reaches is granted, texts are escaped and bounded, and a
//! document that comes back is the call's own, within its limits.

use super::bindings::transform::exports::vcon::link::transformer::Transformed;
use super::bindings::wit::outcomes::{Failure as WitFailure, FailureKind as WitKind, Outcome as WitOutcome};
use super::bindings::wit::types::Error;
use super::call::{CallError, Failure, FailureKind, Outcome};
use super::state::CallState;
use vcon_document::{Document, VconId, canonical, diff};
use vconduit_base::names::ListName;
use vconduit_base::text;

/// The reason of a stop, for the log.
const MAX_REASON_BYTES: usize = 1024;

/// The message of a failure: room for the first lines of a stack.
const MAX_MESSAGE_BYTES: usize = 2048;

/// The outcome of a `run`.
pub(super) fn of_run(state: &CallState, answer: Result<WitOutcome, WitFailure>) -> Result<Outcome, CallError> {
    match answer {
        Ok(WitOutcome::Next) => Ok(Outcome::Next),
        Ok(WitOutcome::Stop(reason)) => Ok(stop(state, &reason)),
        Ok(WitOutcome::Switch(id)) => switch(state, &id),
        Ok(WitOutcome::HandOff(list)) => hand_off(state, &list),
        Err(failure) => Err(failed(state, failure)),
    }
}

/// The outcome of a `transform`; the difference is kept as edits.
pub(super) fn of_transform(
    state: &mut CallState,
    answer: Result<Transformed, WitFailure>,
) -> Result<Outcome, CallError> {
    match answer {
        Ok(Transformed::Next(json)) => take_over(state, json).map(|()| Outcome::Next),
        Ok(Transformed::Stop(reason)) => Ok(stop(state, &reason)),
        Err(failure) => Err(failed(state, failure)),
    }
}

fn stop(state: &CallState, reason: &str) -> Outcome {
    Outcome::Stop(state.log.clean(reason, MAX_REASON_BYTES))
}

fn switch(state: &CallState, id: &str) -> Result<Outcome, CallError> {
    let id = VconId::new(id)
        .map_err(|error| CallError::BadAnswer(format!("switch: {}", text::clean(&error.to_string(), 300))))?;
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
    let list = ListName::new(list)
        .map_err(|error| CallError::BadAnswer(format!("hand-off: {}", text::clean(&error.to_string(), 300))))?;
    if !state.context.grants.allows_queue(list.as_str()) {
        return Err(CallError::BadAnswer(format!(
            "hand-off to the list {list}, which is not granted; add `queues: [{list}]` to the grants of the link {}",
            state.context.link
        )));
    }
    Ok(Outcome::HandOff(list))
}

fn failed(state: &CallState, failure: WitFailure) -> CallError {
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

fn take_over(state: &mut CallState, json: String) -> Result<(), CallError> {
    let limit = state.context.limits.document_bytes;
    let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
    if size > limit {
        return Err(too_large(size, limit));
    }
    let bad = |error: &dyn std::fmt::Display| CallError::BadAnswer(text::clean(&error.to_string(), 300).into_owned());
    let mut after = Document::parse(json).map_err(|error| bad(&error))?;
    canonical::upgrade(&mut after);
    let Some(before) = &state.document else {
        return Err(CallError::BadAnswer("a document where there was none".to_owned()));
    };
    if after.uuid() != before.uuid() {
        return Err(CallError::BadAnswer(
            "a document with another uuid; uuid has to stay the same".to_owned(),
        ));
    }
    for edit in diff::diff(before, &after) {
        state.edit(edit).map_err(|error| match error {
            Error::Limit(text) => CallError::Limit(text),
            Error::Denied(text)
            | Error::BadJson(text)
            | Error::BadPointer(text)
            | Error::WrongType(text)
            | Error::Unavailable(text) => bad(&text),
            Error::Opaque => CallError::BadAnswer("a change of a signed or encrypted document".to_owned()),
            Error::Missing => CallError::BadAnswer("a document where there was none".to_owned()),
        })?;
    }
    Ok(())
}

/// The error for a document over its limit.
pub(super) fn too_large(size: u64, limit: u64) -> CallError {
    CallError::Limit(format!(
        "the document is {size} bytes long, the limit document_bytes is {limit}; raise it for this link, or keep recordings outside of the vCon"
    ))
}
