//! What the API counts.
//!
//! Guarantee: labels are bounded: routes, methods and status codes come from fixed sets; list names from clients are
//! taken up to [`MAX_LISTS`] and are `other` from then on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{counter, histogram};

use super::ApiState;
use vconduit_base::names::ListName;
use vconduit_telemetry::metrics::{ENQUEUED, HTTP_COUNT, HTTP_TIME};

/// How many list names clients can bring into the metrics. Each costs a time series for every source.
pub const MAX_LISTS: usize = 256;

/// Where queued ids come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `POST /vcon`
    New,
    /// `POST /vcon/external-ingress`
    External,
    /// `POST /vcon/ingress`
    Reingress,
    /// `POST /dlq/reprocess`
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

/// The list names seen.
#[derive(Debug, Default)]
pub struct ListLabels(Mutex<HashSet<ListName>>);

impl ListLabels {
    fn label(&self, list: &ListName) -> String {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(list) {
            return list.to_string();
        }
        if seen.len() >= MAX_LISTS {
            return "other".to_owned();
        }
        seen.insert(list.clone());
        list.to_string()
    }
}

/// Ids were appended to an ingress list.
pub fn enqueued(api: &ApiState, list: &ListName, source: Source, count: u64) {
    if count == 0 {
        return;
    }
    // What is configured is bounded by the configuration.
    let configured = api.live.load().ingress.contains_key(list);
    let label = if configured {
        list.to_string()
    } else {
        api.list_labels.label(list)
    };
    counter!(ENQUEUED, "ingress_list" => label, "source" => source.as_str()).increment(count);
}

/// A request was answered. `route` is absent for paths that there are none of.
pub fn answered(method: &Method, route: Option<&Arc<str>>, status: StatusCode, time: Duration) {
    let method = method_label(method);
    let route = route.map_or_else(|| Arc::from("none"), Arc::clone);
    counter!(HTTP_COUNT, "method" => method, "path" => route.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    histogram!(HTTP_TIME, "method" => method, "path" => route).record(time);
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
