//! Outcomes of calls: metrics of saves, and the last success and failure of each storage.
//!
//! Guarantee: labels are storage names from the configuration, never an id or a message.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::StorageError;
use vconduit_base::names::StorageName;
use vconduit_telemetry::metrics::{STORAGE_COUNT, STORAGE_TIME};

/// Failure of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageFailure {
    /// Time of the failure.
    pub at: SystemTime,
    /// The error, without credentials.
    pub message: String,
}

/// State of one storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageHealth {
    /// Name of the storage.
    pub name: StorageName,
    /// Time of its last successful save.
    pub last_success: Option<SystemTime>,
    /// Its last failure, which may be older than the last success.
    pub last_failure: Option<StorageFailure>,
}

/// States of all storages.
#[derive(Debug, Default)]
pub struct HealthBoard(Mutex<BTreeMap<StorageName, StorageHealth>>);

impl HealthBoard {
    /// Counts a save, and records its outcome.
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

    /// Records a failure.
    pub fn failed(&self, name: &StorageName, message: &str) {
        let failure = StorageFailure {
            at: SystemTime::now(),
            message: message.to_owned(),
        };
        self.change(name, |state| state.last_failure = Some(failure));
    }

    /// Returns all states, sorted by name.
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
