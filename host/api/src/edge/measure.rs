//! Metrics of the API.
//!
//! Guarantee: the number of labels is bounded. Routes, methods and status codes come from fixed
//! sets. Up to [`MAX_LISTS`] list names of clients become labels; any further one is `other`.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{counter, histogram};

use super::paths::Route;
use vconduit_base::names::ListName;
use vconduit_engine::snapshot::Live;
use vconduit_telemetry::metrics::{ENQUEUED, HTTP_COUNT, HTTP_TIME};

/// Number of list names that clients can bring into the metrics. Each costs a time series for every
/// source.
pub const MAX_LISTS: usize = 256;

/// Origin of ids that were appended to an ingress list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `POST /vcon`
    New,
    /// `POST /vcon/external-ingress`
    External,
    /// `POST /vcon/ingress`
    Reingress,
    /// `POST /dlq/reprocess`, and a retry of one dead letter.
    DeadLetters,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::External => "external",
            Self::Reingress => "reingress",
            Self::DeadLetters => "dlq_reprocess",
        }
    }
}

/// Counts ids that requests append to ingress lists.
pub struct EnqueuedCounter {
    live: Live,
    /// Names from clients that are labels by now.
    from_clients: Mutex<HashSet<ListName>>,
}

impl EnqueuedCounter {
    /// A counter for the lists of this configuration.
    #[must_use]
    pub fn new(live: Live) -> Self {
        Self {
            live,
            from_clients: Mutex::default(),
        }
    }

    /// Counts ids that were appended to an ingress list.
    pub fn add(&self, list: &ListName, source: Source, count: u64) {
        if count == 0 {
            return;
        }
        counter!(ENQUEUED, "ingress_list" => self.label(list), "source" => source.as_str()).increment(count);
    }

    fn label(&self, list: &ListName) -> String {
        // The configuration bounds the number of its lists.
        if self.live.load().ingress.contains_key(list) {
            return list.to_string();
        }
        let mut names = self.from_clients.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(list) {
            return list.to_string();
        }
        if names.len() >= MAX_LISTS {
            return "other".to_owned();
        }
        names.insert(list.clone());
        list.to_string()
    }
}

/// Counts a response. `route` is absent for a path that is not served.
pub fn responded(method: &Method, route: Option<&Route>, status: StatusCode, time: Duration) {
    let method = method_label(method);
    let path = route.map_or_else(|| "none".into(), |route| route.path.clone());
    counter!(HTTP_COUNT, "method" => method, "path" => path.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    histogram!(HTTP_TIME, "method" => method, "path" => path).record(time);
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
