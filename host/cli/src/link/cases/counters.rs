//! The metrics of a case.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::lock;
use vcon_document::VconId;
use vconduit_base::names::LinkName;
use vconduit_sandbox::call::GuestMetrics;

/// Metrics that a link counted, in order.
#[derive(Default)]
pub(super) struct CaseCounters(Mutex<Vec<Value>>);

impl CaseCounters {
    /// The counts, each as an object with name, value and attributes.
    pub(super) fn counted(&self) -> Vec<Value> {
        lock(&self.0).clone()
    }
}

impl GuestMetrics for CaseCounters {
    fn count(&self, link: &LinkName, vcon: &VconId, name: &str, value: u64, attributes: &[(String, String)]) {
        let own = [("link.name", link.as_str()), ("vcon.uuid", vcon.as_str())];
        let given = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let all: serde_json::Map<String, Value> = own
            .into_iter()
            .chain(given)
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        lock(&self.0).push(json!({"name": name, "value": value, "attributes": all}));
    }

    fn observe(&self, _: &LinkName, _: &VconId, _: &str, _: f64, _: &[(String, String)]) {}
}
