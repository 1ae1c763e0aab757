//! Whether this host can do its work, part by part.
//!
//! Guarantee: ready means that every part that was ever held back has said that it is ready.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Parts that are not ready, with the reason of each. A new one is not ready: the host is starting.
#[derive(Debug)]
pub struct Readiness {
    waiting: Mutex<BTreeMap<&'static str, String>>,
}

/// The part that a new [`Readiness`] waits for.
pub const STARTING: &str = "host";

impl Default for Readiness {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(BTreeMap::from([(STARTING, "the host is starting".to_owned())])),
        }
    }
}

impl Readiness {
    /// A part is not ready, for this reason.
    pub fn hold(&self, part: &'static str, reason: impl Into<String>) {
        self.lock().insert(part, reason.into());
    }

    /// A part is ready. [`STARTING`] is cleared by the host when everything is built.
    pub fn clear(&self, part: &'static str) {
        self.lock().remove(part);
    }

    /// Whether all parts are ready.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.lock().is_empty()
    }

    /// The parts that are not ready, and why.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        // A map stays whole whatever happens to the thread that holds it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
