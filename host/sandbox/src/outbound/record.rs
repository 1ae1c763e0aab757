//! Records of a call's requests, for the report of a dry run.
//!
//! Guarantee: at most [`MAX_RECORDS`] requests are recorded, and none with its query, headers or
//! body, because those may contain secrets.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Uri};
use wasmtime_wasi_http::WasiBody;

use vconduit_base::text;

/// Maximum number of records of a call. A call may make 32 requests unless it was granted more, and
/// 100 are more than anyone reads.
const MAX_RECORDS: usize = 100;

/// Maximum length of a recorded text, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 500;

/// Record of one request that a link made, or that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRecord {
    /// HTTP method.
    pub method: String,
    /// Scheme, host, port and path. A query is only shown as `?…`.
    pub url: String,
    /// Status of the response. None if there was none.
    pub status: Option<u16>,
    /// Reason why there was no response, or no complete one.
    pub problem: Option<String>,
    /// Number of body bytes received.
    pub response_bytes: u64,
    /// Time from the request to the end of the response, or to the last event.
    pub took: Duration,
}

/// Records of a call's requests. It stays empty unless records are kept.
#[derive(Debug)]
pub(super) struct OutboundRecords(Option<Mutex<Vec<OutboundRecord>>>);

impl OutboundRecords {
    /// No records yet. If not `keep`, there never are any.
    pub(super) fn new(keep: bool) -> Self {
        Self(keep.then(Mutex::default))
    }

    /// Returns the records so far.
    pub(super) fn all(&self) -> Vec<OutboundRecord> {
        self.lock().map_or_else(Vec::new, |records| records.clone())
    }

    /// Adds a record and returns its row. None if it is not kept.
    pub(super) fn begin(&self, request: &Request<WasiBody>) -> Option<usize> {
        let mut records = self.lock().filter(|records| records.len() < MAX_RECORDS)?;
        records.push(OutboundRecord {
            method: text::clean(request.method().as_str(), MAX_TEXT_BYTES).into_owned(),
            url: without_secrets(request.uri()),
            status: None,
            problem: None,
            response_bytes: 0,
            took: Duration::ZERO,
        });
        Some(records.len().saturating_sub(1))
    }

    /// Changes a record.
    pub(super) fn update(&self, row: usize, change: impl FnOnce(&mut OutboundRecord)) {
        if let Some(mut records) = self.lock()
            && let Some(record) = records.get_mut(row)
        {
            change(record);
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Vec<OutboundRecord>>> {
        self.0
            .as_ref()
            .map(|records| records.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn without_secrets(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    // The part before an `@` may be a password.
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let query = if uri.query().is_some() { "?…" } else { "" };
    text::clean(&format!("{scheme}://{host}{}{query}", uri.path()), MAX_TEXT_BYTES).into_owned()
}
