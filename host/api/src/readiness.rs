//! Readiness of this host, part by part.
//!
//! Guarantee: a host is ready only when every part that was not ready has become ready.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Parts that are not ready, each with the reason. A new host is not ready: it is starting.
#[derive(Debug)]
pub struct Readiness {
    waiting: Mutex<BTreeMap<&'static str, String>>,
}

/// The part that a new [`Readiness`] waits for. The host clears it when everything is built.
pub const STARTING: &str = "host";

impl Default for Readiness {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(BTreeMap::from([(STARTING, "the host is starting".to_owned())])),
        }
    }
}

impl Readiness {
    /// Marks a part as not ready, for this reason.
    pub fn hold(&self, part: &'static str, reason: impl Into<String>) {
        self.lock().insert(part, reason.into());
    }

    /// Marks a part as ready.
    pub fn clear(&self, part: &'static str) {
        self.lock().remove(part);
    }

    /// Returns whether all parts are ready.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.lock().is_empty()
    }

    /// Returns the parts that are not ready, each with the reason.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        // A map stays whole whatever happens to the thread that holds it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
