//! What became of saves: metrics, and the last error of each storage.
//!
//! Guarantee: labels are storage names from the configuration only, never an id or a message.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::StorageError;
use vconduit_base::names::StorageName;
use vconduit_telemetry::metrics::{STORAGE_COUNT, STORAGE_TIME};

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: SystemTime,
    /// What; without credentials.
    pub message: String,
}

/// The state of one storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageHealth {
    /// Which.
    pub name: StorageName,
    /// Its last successful save.
    pub last_success: Option<SystemTime>,
    /// Its last failure; it may be older than the last success.
    pub last_failure: Option<Failure>,
}

/// All storages' states.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<StorageName, StorageHealth>>);

impl Board {
    /// Notes a save's end.
    pub fn saved(&self, name: &StorageName, took: Duration, error: Option<&StorageError>) {
        let outcome = if error.is_some() { "error" } else { "success" };
        metrics::counter!(STORAGE_COUNT, "backend" => name.as_str().to_owned(), "outcome" => outcome).increment(1);
        metrics::histogram!(STORAGE_TIME, "backend" => name.as_str().to_owned(), "outcome" => outcome)
            .record(took.as_secs_f64());
        match error {
            Some(error) => self.failed(name, &error.to_string()),
            None => self.change(name, |state| state.last_success = Some(SystemTime::now())),
        }
    }

    /// Notes a failure.
    pub fn failed(&self, name: &StorageName, message: &str) {
        let failure = Failure {
            at: SystemTime::now(),
            message: message.to_owned(),
        };
        self.change(name, |state| state.last_failure = Some(failure));
    }

    /// All of them, by name.
    pub fn report(&self) -> Vec<StorageHealth> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    fn change(&self, name: &StorageName, change: impl FnOnce(&mut StorageHealth)) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || StorageHealth {
            name: name.clone(),
            last_success: None,
            last_failure: None,
        };
        change(states.entry(name.clone()).or_insert_with(fresh));
    }
}
