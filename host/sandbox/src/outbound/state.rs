//! State that all requests of a call share: grants, limits, counters, records.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use super::record::OutboundRecords;
use crate::context::CallContext;
use crate::guest_log::GuestLog;
use crate::surroundings::EffectGate;
use vconduit_base::Secrets;
use vconduit_policy::{Grants, Limits};

/// State that all requests of a call share, also while their bodies are still being sent or
/// received.
pub(super) struct OutboundState {
    pub grants: Arc<Grants>,
    pub secrets: Arc<Secrets>,
    pub limits: Limits,
    pub gate: Arc<dyn EffectGate>,
    /// Time by which the call has to end.
    pub end: Instant,
    pub log: Arc<GuestLog>,
    /// Number of requests that the guest tried to make.
    pub tried: AtomicU32,
    /// Number of requests that passed the policy.
    pub admitted: AtomicU32,
    /// Number of requests whose responses have not been read to the end.
    pub open: AtomicU32,
    /// Body bytes received by all requests.
    pub received_bytes: AtomicU64,
    /// Body bytes of the largest response.
    pub largest_response_bytes: AtomicU64,
    pub records: OutboundRecords,
}

impl OutboundState {
    /// State of a call that has made no request yet.
    pub(super) fn new(context: &CallContext, end: Instant, log: Arc<GuestLog>) -> Self {
        Self {
            grants: Arc::clone(&context.grants),
            secrets: Arc::clone(&context.secrets),
            limits: context.limits,
            gate: Arc::clone(&context.gate),
            end,
            log,
            tried: AtomicU32::new(0),
            admitted: AtomicU32::new(0),
            open: AtomicU32::new(0),
            received_bytes: AtomicU64::new(0),
            largest_response_bytes: AtomicU64::new(0),
            records: OutboundRecords::new(context.keep_log),
        }
    }
}

/// One of the `concurrent_requests` of a call. It is free again once the response has been read to
/// the end or dropped.
pub(super) struct RequestSlot(Arc<OutboundState>);

impl RequestSlot {
    /// Takes a slot. None if all are in use.
    pub(super) fn take(state: &Arc<OutboundState>) -> Option<Self> {
        let limit = state.limits.concurrent_requests;
        let taken = state.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
            (open < limit).then(|| open.saturating_add(1))
        });
        taken.is_ok().then(|| Self(Arc::clone(state)))
    }
}

impl Drop for RequestSlot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
