//! Time, chance and metrics of a case.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::HostState;
use vcon_document::VconId;
use vconduit_base::names::LinkName;
use vconduit_sandbox::call::{Environment, GuestMetrics};

/// Time and chance as the case says. Sleeps are noted, not slept.
pub(super) struct Told {
    now_ms: u64,
    uniform: f64,
    slept: Mutex<Vec<f64>>,
}

impl Told {
    pub(super) fn new(host: &HostState) -> Self {
        Self {
            now_ms: host.now_unix.unwrap_or(1_700_000_000).saturating_mul(1000),
            uniform: host.uniform_0_100.unwrap_or(12.0) / 100.0,
            slept: Mutex::default(),
        }
    }

    /// In seconds.
    pub(super) fn slept(&self) -> Vec<f64> {
        lock(&self.slept).clone()
    }
}

impl Environment for Told {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn uniform(&self) -> f64 {
        self.uniform
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn sleep_ms(&self, wished_ms: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a sleep are few")]
        lock(&self.slept).push(wished_ms as f64 / 1000.0);
        0
    }
}

/// What a link counted.
#[derive(Default)]
pub(super) struct Counters(Mutex<Vec<Value>>);

impl Counters {
    pub(super) fn counted(&self) -> Vec<Value> {
        lock(&self.0).clone()
    }
}

impl GuestMetrics for Counters {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
