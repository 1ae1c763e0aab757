//! What became of the requests of a call, for who tries a link out.
//!
//! Guarantee: at most [`MAX_RECORDED`] requests are kept, none of them with its query, its headers or its body: that is where secrets are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{Request, Uri};
use wasmtime_wasi_http::{Error, WasiBody};

use super::CallEgress;
use vconduit_base::text;

/// Requests that are kept. A call may make 32 unless it was granted more, and 100 are more than anyone reads.
const MAX_RECORDED: usize = 100;

/// A method and an address, as shown.
const MAX_SHOWN_BYTES: usize = 500;

/// One request that a link made, or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundCall {
    /// The method.
    pub method: String,
    /// Scheme, host, port and path. A query is only shown to be there.
    pub url: String,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// Why there was no answer, or no whole one.
    pub problem: Option<String>,
    /// Body bytes received.
    pub response_bytes: u64,
    /// From the request to the end of the answer, or as far as it came.
    pub took: Duration,
}

/// The requests of a call; keeps nothing unless asked to.
#[derive(Debug)]
pub(super) struct Record(Option<Mutex<Vec<OutboundCall>>>);

impl Record {
    pub(super) fn new(keep: bool) -> Self {
        Self(keep.then(Mutex::default))
    }

    /// The requests so far.
    pub(super) fn calls(&self) -> Vec<OutboundCall> {
        self.lock().map_or_else(Vec::new, |calls| calls.clone())
    }

    fn begin(&self, request: &Request<WasiBody>) -> Option<usize> {
        let mut calls = self.lock().filter(|calls| calls.len() < MAX_RECORDED)?;
        calls.push(OutboundCall {
            method: text::clean(request.method().as_str(), MAX_SHOWN_BYTES).into_owned(),
            url: shown(request.uri()),
            status: None,
            problem: None,
            response_bytes: 0,
            took: Duration::ZERO,
        });
        Some(calls.len().saturating_sub(1))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Vec<OutboundCall>>> {
        self.0
            .as_ref()
            .map(|calls| calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request, from the wish to its end.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) call: Arc<CallEgress>,
    row: Option<usize>,
    begun: Instant,
}

impl Asked {
    pub(super) fn new(call: &Arc<CallEgress>, request: &Request<WasiBody>) -> Self {
        Self {
            row: call.record.begin(request),
            call: Arc::clone(call),
            begun: Instant::now(),
        }
    }

    /// A line about the request, in the link's log and in the record.
    pub(super) fn note(&self, message: &str) {
        self.call.note(message);
        self.update(|call| call.problem = Some(message.to_owned()));
    }

    /// How it failed, where nothing else was said about that.
    pub(super) fn failed(&self, error: &Error) {
        self.update(|call| {
            call.problem
                .get_or_insert_with(|| text::clean(&error.to_string(), MAX_SHOWN_BYTES).into_owned());
        });
    }

    pub(super) fn answered(&self, status: u16) {
        self.update(|call| call.status = Some(status));
    }

    pub(super) fn received(&self, bytes: u64) {
        self.update(|call| call.response_bytes = call.response_bytes.saturating_add(bytes));
    }

    fn update(&self, change: impl FnOnce(&mut OutboundCall)) {
        let Some(row) = self.row else { return };
        if let Some(mut calls) = self.call.record.lock()
            && let Some(call) = calls.get_mut(row)
        {
            change(call);
            call.took = self.begun.elapsed();
        }
    }
}

fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    // What stands before an `@` may be a password.
    let place = uri.authority().map_or("", |place| place.as_str());
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let query = if uri.query().is_some() { "?…" } else { "" };
    text::clean(&format!("{scheme}://{place}{}{query}", uri.path()), MAX_SHOWN_BYTES).into_owned()
}
