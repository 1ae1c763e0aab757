//! One request of a guest, from the attempt to the end of its response.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use http::Request;
use tracing::Level;
use wasmtime_wasi_http::{Error, WasiBody};

use super::record::{MAX_TEXT_BYTES, OutboundRecord};
use super::state::{OutboundState, RequestSlot};
use vconduit_base::text;

/// One request of a guest, from the attempt to the end of its response.
#[derive(Clone)]
pub(super) struct OutboundRequest {
    pub state: Arc<OutboundState>,
    row: Option<usize>,
    begun: Instant,
}

impl OutboundRequest {
    /// Starts the record of a request that the guest tries to make.
    pub(super) fn new(state: &Arc<OutboundState>, request: &Request<WasiBody>) -> Self {
        Self {
            row: state.records.begin(request),
            state: Arc::clone(state),
            begun: Instant::now(),
        }
    }

    /// Counts an attempt, refused ones included, so that a guest can't fill the log with refusals.
    pub(super) fn count_attempt(&self) -> Result<(), Error> {
        let limit = self.state.limits.requests;
        let tried = self.state.tried.fetch_add(1, Ordering::Relaxed);
        if tried < limit {
            return Ok(());
        }
        if tried == limit {
            self.note(&format!(
                "request refused: the call has made {tried} of them, the limit requests; raise it if the link needs more"
            ));
        }
        Err(Error::HttpRequestDenied)
    }

    /// Takes a slot for this request.
    pub(super) fn take_slot(&self) -> Result<RequestSlot, Error> {
        RequestSlot::take(&self.state).ok_or_else(|| {
            let limit = self.state.limits.concurrent_requests;
            self.note(&format!(
                "request refused: {limit} are open, the limit concurrent_requests; read or drop their responses first, or raise it"
            ));
            Error::ConnectionLimitReached
        })
    }

    /// Writes a line about the request to the link's log and to the record.
    pub(super) fn note(&self, message: &str) {
        self.state.log.note(Level::WARN, message);
        self.update(|record| record.problem = Some(message.to_owned()));
    }

    /// Records an error, unless the reason has been noted already.
    pub(super) fn failed(&self, error: &Error) {
        self.update(|record| {
            record
                .problem
                .get_or_insert_with(|| text::clean(&error.to_string(), MAX_TEXT_BYTES).into_owned());
        });
    }

    /// Records the status of the response.
    pub(super) fn responded(&self, status: u16) {
        self.update(|record| record.status = Some(status));
    }

    /// Records received body bytes.
    pub(super) fn received(&self, bytes: u64) {
        self.update(|record| record.response_bytes = record.response_bytes.saturating_add(bytes));
    }

    fn update(&self, change: impl FnOnce(&mut OutboundRecord)) {
        let Some(row) = self.row else { return };
        self.state.records.update(row, |record| {
            change(record);
            record.took = self.begun.elapsed();
        });
    }
}
