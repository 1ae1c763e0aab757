//! Requests that leave: one policy for all of them.
//!
//! Guarantee: a request goes only to a host and port that the link was granted, over a connection to an address that was
//! checked after the name was resolved, within the call's counts, sizes and time. Redirects are not followed here:
//! a guest follows them with new requests, and each of those is checked like the first.
//!
//! The policy is code of this project because it is the core of the sandbox. The connections
//! themselves are made by `hyper` and `rustls`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use http::{Request, Response};
use tracing::Level;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::guest_log::GuestLog;
use vconduit_base::Secrets;
use vconduit_policy::{Grants, Limits};

pub(super) mod address;
mod body;
mod client;
mod fault;
mod header;
mod policy;
mod record;
mod resolve;
mod send;

pub(super) use client::Outbound;
pub use record::OutboundCall;
use record::{Asked, Record};

/// The way out of one call: its grants, its budget, its log.
pub(super) struct Egress {
    outbound: Arc<Outbound>,
    call: Arc<CallEgress>,
}

/// What requests of a call share, also while their bodies are still on the way.
pub(super) struct CallEgress {
    grants: Arc<Grants>,
    secrets: Arc<Secrets>,
    limits: Limits,
    end: Instant,
    log: Arc<GuestLog>,
    asked: AtomicU32,
    begun: AtomicU32,
    open: AtomicU32,
    received: AtomicU64,
    largest: AtomicU64,
    record: Record,
}

/// One of the requests that may be open at the same time. Given back when the response has been read or dropped.
struct Slot(Arc<CallEgress>);

impl Egress {
    /// A way out with a fresh budget. `keep` has the requests kept for the report.
    pub(super) fn new(
        outbound: Arc<Outbound>,
        grants: Arc<Grants>,
        secrets: Arc<Secrets>,
        limits: Limits,
        end: Instant,
        log: Arc<GuestLog>,
        keep: bool,
    ) -> Self {
        let call = CallEgress {
            grants,
            secrets,
            limits,
            end,
            log,
            asked: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            open: AtomicU32::new(0),
            received: AtomicU64::new(0),
            largest: AtomicU64::new(0),
            record: Record::new(keep),
        };
        Self {
            outbound,
            call: Arc::new(call),
        }
    }

    /// Requests begun so far.
    pub(super) fn requests(&self) -> u32 {
        self.call.begun.load(Ordering::Relaxed)
    }

    /// Body bytes received so far.
    pub(super) fn response_bytes(&self) -> u64 {
        self.call.received.load(Ordering::Relaxed)
    }

    /// Body bytes of the largest response.
    pub(super) fn largest_response_bytes(&self) -> u64 {
        self.call.largest.load(Ordering::Relaxed)
    }

    /// The requests, if kept.
    pub(super) fn calls(&self) -> Vec<OutboundCall> {
        self.call.record.calls()
    }
}

impl CallEgress {
    /// A line about a request, in the link's log.
    fn note(&self, message: &str) {
        self.log.note(Level::WARN, message);
    }
}

impl Asked {
    /// Counts a try, refused ones included: a guest that only collects refusals fills no log.
    fn count_try(&self) -> Result<(), Error> {
        let limit = self.call.limits.requests;
        let asked = self.call.asked.fetch_add(1, Ordering::Relaxed);
        if asked < limit {
            return Ok(());
        }
        if asked == limit {
            self.note(&format!("request refused: the call has made {asked} of them, the limit requests; raise it if the link needs more"));
        }
        Err(Error::HttpRequestDenied)
    }

    fn take_slot(&self) -> Result<Slot, Error> {
        let limit = self.call.limits.concurrent_requests;
        let taken = self
            .call
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
                (open < limit).then(|| open.saturating_add(1))
            });
        if taken.is_err() {
            self.note(&format!("request refused: {limit} are open, the limit concurrent_requests; read or drop their responses first, or raise it"));
            return Err(Error::ConnectionLimitReached);
        }
        Ok(Slot(Arc::clone(&self.call)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Finished), Error>> + Send>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _finished: Finished,
    ) -> Sending {
        let asked = Asked::new(&self.call, &request);
        let outbound = Arc::clone(&self.outbound);
        match policy::admit(asked.clone(), request) {
            Ok(admitted) => Box::new(async move {
                let sent = send::send(outbound, admitted, options.unwrap_or_default()).await;
                sent.inspect_err(|error| asked.failed(error))
            }),
            Err(error) => {
                asked.failed(&error);
                Box::new(std::future::ready(Err(error)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
