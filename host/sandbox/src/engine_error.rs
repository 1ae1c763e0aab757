//! Meaning of wasmtime's errors for the caller of a link.

use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::call_error::CallError;
use crate::linked::WrongType;
use crate::memory::LimitReached;
use crate::state::{self, CallState};
use vconduit_base::text;

/// Maximum length of the message of a crash, in bytes.
const MAX_CRASH_BYTES: usize = 1024;

/// Text of wasmtime's error for a link that passes too many bytes to a host function. The error has
/// no public type.
const HOSTCALL_FUEL_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";

/// Turns an error that ended a guest's code into the error of its call.
pub(crate) fn of_guest(state: &CallState, error: &wasmtime::Error) -> CallError {
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return CallError::Limit(limit.to_string());
    }
    if error.root_cause().to_string().contains(HOSTCALL_FUEL_EXHAUSTED) {
        return CallError::Limit(state::hostcall_limit(&state.context.limits).to_string());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return host_error(error);
    }
    if let Some(wrong) = error.downcast_ref::<WrongType>() {
        return CallError::BadAnswer(state.log.clean(&wrong.0, MAX_CRASH_BYTES));
    }
    let cause = match (error.downcast_ref::<I32Exit>(), error.downcast_ref::<Trap>()) {
        (Some(exit), _) => format!("it called exit({})", exit.0),
        (_, Some(trap)) => trap.to_string(),
        _ => error.root_cause().to_string(),
    };
    let cause = state.log.clean(&cause, MAX_CRASH_BYTES);
    match state.log.last_words() {
        words if words.is_empty() => CallError::Trap(cause),
        words => CallError::Trap(format!("{words} ({cause})")),
    }
}

/// Makes the error of a call that failed because of the host.
pub(crate) fn host_error(error: impl std::fmt::Display) -> CallError {
    CallError::Host(text::clean(&error.to_string(), MAX_CRASH_BYTES).into_owned())
}
