//! Saves to, reads from and deletes in several storages.
//!
//! Guarantee: no storage is skipped because another one fails, hangs or panics. The outcome of
//! every save is counted. A document that is read has the id that was asked for.

mod ask;
mod health;
mod missing;
mod policy;
mod task;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use backon::Retryable as _;
use tokio::sync::Semaphore;

use super::{Saved, Storage, StorageError};
use health::HealthBoard;
use missing::Missing;
use task::{Task, late};
use vconduit_base::names::StorageName;

pub use health::{StorageFailure, StorageHealth};
pub use policy::{AskPolicy, SavePolicy};

/// A storage with its name.
pub type Target = (StorageName, Arc<dyn Storage>);

/// Outcome of a delete in one storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// The copy is deleted.
    Deleted,
    /// There was no copy.
    Absent,
    /// The adapter can't delete: a copy may remain.
    Unsupported,
    /// The delete failed: a copy may remain.
    Failed(String),
}

/// State of the copy in one storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// The storage has a copy.
    Held,
    /// The storage has no copy.
    Absent,
    /// The adapter can't read, so its copies can only be known from runs.
    Unsupported,
    /// The storage did not respond, or returned another document under this id.
    Failed(String),
}

/// Calls storages. A host has one runner: it limits the saves of each storage, and remembers
/// failures and missing vCons.
#[derive(Debug, Default)]
pub struct Runner {
    ask: AskPolicy,
    busy: Mutex<HashMap<StorageName, (usize, Arc<Semaphore>)>>,
    board: Arc<HealthBoard>,
    missing: Missing,
}

impl Runner {
    /// Makes a runner with these limits for reads and deletes.
    #[must_use]
    pub fn new(ask: AskPolicy) -> Self {
        Self { ask, ..Self::default() }
    }

    /// Saves to all storages, each independent of the others. A storage that is listed twice saves
    /// twice. The results are in the order of the list.
    pub async fn save_all(
        &self,
        storages: &[Target],
        saved: &Saved,
        policy: &SavePolicy,
    ) -> Vec<(StorageName, Result<(), StorageError>)> {
        self.missing.forget(&saved.id);
        let mut results = Vec::with_capacity(storages.len());
        if policy.parallel {
            let started: Vec<_> = storages
                .iter()
                .map(|(name, storage)| (name, self.start(name, storage, saved, policy)))
                .collect();
            for (name, task) in started {
                results.push((name.clone(), task.finish().await));
            }
        } else {
            for (name, storage) in storages {
                results.push((name.clone(), self.start(name, storage, saved, policy).finish().await));
            }
        }
        // The id is removed again, because a read may have looked before the save ended.
        self.missing.forget(&saved.id);
        results
    }

    /// Starts one save as a task of its own, which contains a panic.
    fn start(&self, name: &StorageName, storage: &Arc<dyn Storage>, saved: &Saved, policy: &SavePolicy) -> Task<()> {
        let (name, storage, saved, policy) = (name.clone(), Arc::clone(storage), saved.clone(), policy.clone());
        let permits = self.permits(&name, policy.concurrency.max(1));
        let board = Arc::clone(&self.board);
        Task::start(async move {
            let started = Instant::now();
            let mut guard = Unfinished {
                name: &name,
                board: &board,
                started,
                armed: true,
            };
            let attempt = || attempt(&storage, &saved, &permits, &policy);
            let again = |error: &StorageError, pause: std::time::Duration| {
                tracing::warn!(storage = %name, vcon = %saved.id, pause_ms = pause.as_millis(), "the save failed and is tried again: {error}");
            };
            let result = attempt.retry(policy.pauses()).when(is_transient).notify(again).await;
            guard.armed = false;
            board.saved(&name, started.elapsed(), result.as_ref().err());
            if let Err(error) = &result {
                tracing::error!(storage = %name, vcon = %saved.id, "not saved: {error}");
            }
            result
        })
    }

    /// Returns the semaphore of a storage. A changed limit makes a new semaphore, and saves in
    /// progress keep the old one.
    fn permits(&self, name: &StorageName, limit: usize) -> Arc<Semaphore> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (limit, Arc::new(Semaphore::new(limit)));
        let entry = busy.entry(name.clone()).or_insert_with(fresh);
        if entry.0 != limit {
            *entry = fresh();
        }
        Arc::clone(&entry.1)
    }

    /// Returns the state of every storage that was used so far.
    #[must_use]
    pub fn health(&self) -> Vec<StorageHealth> {
        self.board.report()
    }
}

/// Makes one try. The wait for a permit counts towards its deadline, so that work does not pile up
/// for a storage that hangs.
async fn attempt(
    storage: &Arc<dyn Storage>,
    saved: &Saved,
    permits: &Semaphore,
    policy: &SavePolicy,
) -> Result<(), StorageError> {
    let work = async {
        // The semaphore is never closed. If it were, a save without a permit is better than none.
        let _permit = permits.acquire().await.ok();
        storage.save(saved).await
    };
    tokio::time::timeout(policy.timeout, work)
        .await
        .unwrap_or_else(|_| Err(late(policy.timeout)))
}

fn is_transient(error: &StorageError) -> bool {
    matches!(error, StorageError::Transient(_))
}

/// Counts a save that ends without a result as failed: after a panic, or when its run ends early.
struct Unfinished<'a> {
    name: &'a StorageName,
    board: &'a HealthBoard,
    started: Instant,
    armed: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.armed {
            let error = StorageError::Permanent("the save ended early".to_owned());
            self.board.saved(self.name, self.started.elapsed(), Some(&error));
        }
    }
}
