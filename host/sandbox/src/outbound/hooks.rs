//! Outbound HTTP of one call, as the hooks that `wasmtime-wasi-http` calls for each request.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use http::Request;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

use super::client::OutboundClients;
use super::policy;
use super::record::OutboundRecord;
use super::request::OutboundRequest;
use super::send::{Finished, Sending, send};
use super::state::OutboundState;
use crate::context::CallContext;
use crate::guest_log::GuestLog;

/// Outbound HTTP of one call, with its grants, its limits and its log.
pub(crate) struct OutboundHttp {
    clients: Arc<OutboundClients>,
    state: Arc<OutboundState>,
}

impl OutboundHttp {
    /// Outbound HTTP of a call that has made no request yet and has to end by `end`.
    pub(crate) fn new(clients: Arc<OutboundClients>, context: &CallContext, end: Instant, log: Arc<GuestLog>) -> Self {
        Self {
            clients,
            state: Arc::new(OutboundState::new(context, end, log)),
        }
    }

    /// Returns the number of requests that were admitted.
    pub(crate) fn requests(&self) -> u32 {
        self.state.admitted.load(Ordering::Relaxed)
    }

    /// Returns the number of body bytes received by all requests.
    pub(crate) fn response_bytes(&self) -> u64 {
        self.state.received_bytes.load(Ordering::Relaxed)
    }

    /// Returns the number of body bytes of the largest response.
    pub(crate) fn largest_response_bytes(&self) -> u64 {
        self.state.largest_response_bytes.load(Ordering::Relaxed)
    }

    /// Returns the records of the requests, if they are kept.
    pub(crate) fn records(&self) -> Vec<OutboundRecord> {
        self.state.records.all()
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _finished: Finished,
    ) -> Sending {
        let outbound = OutboundRequest::new(&self.state, &request);
        let clients = Arc::clone(&self.clients);
        match policy::admit(outbound.clone(), request) {
            Ok(admitted) => Box::new(async move {
                let sent = send(clients, admitted, options.unwrap_or_default()).await;
                sent.inspect_err(|error| outbound.failed(error))
            }),
            Err(error) => {
                outbound.failed(&error);
                Box::new(std::future::ready(Err(error)))
            }
        }
    }
}
