//! One call of a link: its input and its result.

use std::sync::Arc;
use std::time::Instant;

pub use crate::call_error::{CallError, Failure, FailureKind};
use crate::compiled::Compiled;
pub use crate::context::CallContext;
use crate::guest_log::LogLine;
use crate::outbound::OutboundRecord;
pub use crate::outcome::{CallEffects, Outcome};
pub use crate::surroundings::{CreateError, DocumentAccess, EffectGate, Environment, GuestMetrics};
use crate::usage::Usage;
use vcon_document::{Document, Edit};

/// Input of one call. Making one copies nothing large.
pub struct Call {
    /// Component that implements the link.
    pub component: Arc<Compiled>,
    /// Identity, grants, limits and surroundings of the call.
    pub context: CallContext,
    /// Options: a JSON object, merged with the component's defaults.
    pub options: Arc<str>,
    /// Document of the call's vCon in current names (`vcon_document::canonical::upgrade`). None if
    /// the vCon does not exist.
    pub document: Option<Document>,
    /// Deadline of the chain. The call ends by then, even if its own limit is later.
    pub deadline: Option<Instant>,
    /// True if the call may use an instance of an earlier call of this link, and if its instance
    /// may be kept for the next one. Only for trusted code.
    pub warm: bool,
}

/// Result of one call.
#[derive(Debug)]
pub struct CallReport {
    /// Outcome, or the reason why there is none.
    pub result: Result<Outcome, CallError>,
    /// Document with the edits applied. After a failure, the document as it was before the call.
    pub document: Option<Document>,
    /// Edits in order. Empty after a failure.
    pub edits: Vec<Edit>,
    /// Pushes and lifetimes, to be written with the edits. Empty after a failure.
    pub effects: CallEffects,
    /// True if the call did something that can't be undone (a request, a vCon created or deleted).
    /// Then a checkpoint has to follow.
    pub reached_outside: bool,
    /// Amounts that the call used.
    pub usage: Usage,
    /// Log lines, if `keep_log` was set.
    pub log: Vec<LogLine>,
    /// Outbound requests, refused ones included, if `keep_log` was set.
    pub outbound: Vec<OutboundRecord>,
}
