//! Saving to, reading from and deleting in several storages.
//!
//! Guarantee: one storage's failure, hang or panic never keeps another from its turn, and every save's outcome is counted; a document read
//! here carries the id that was asked for.

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
use health::Board;
use missing::Missing;
use task::{Task, late};
use vconduit_base::names::StorageName;

pub use health::{Failure, StorageHealth};
pub use policy::{AskPolicy, SavePolicy};

/// A storage and its name.
pub type Target = (StorageName, Arc<dyn Storage>);

/// Storages in their order of configuration.
pub type Storages = [Target];

/// What became of a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// There was one; it is gone.
    Deleted,
    /// There was none.
    Absent,
    /// This adapter can't delete: a copy may remain.
    Unsupported,
    /// A copy may remain.
    Failed(String),
}

/// Whether a storage has a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// It has.
    Held,
    /// It hasn't.
    Absent,
    /// This adapter can't read: only what runs noted tells.
    Unsupported,
    /// It has something under the id that is not this vCon, or it did not answer.
    Failed(String),
}

/// Runs storages. One per host: it knows who is busy, who failed, and what isn't there.
#[derive(Debug, Default)]
pub struct Runner {
    ask: AskPolicy,
    busy: Mutex<HashMap<StorageName, (usize, Arc<Semaphore>)>>,
    board: Arc<Board>,
    missing: Missing,
}

impl Runner {
    /// Makes one.
    #[must_use]
    pub fn new(ask: AskPolicy) -> Self {
        Self { ask, ..Self::default() }
    }

    /// Saves to all, each by itself; a name listed twice is saved twice. Answers in the order of the list.
    pub async fn save_all(
        &self,
        storages: &Storages,
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
        // Again: a read may have looked before the save was done.
        self.missing.forget(&saved.id);
        results
    }

    /// Starts one save as a task of its own: a panic ends there.
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
                tracing::warn!(storage = %name, vcon = %saved.id, pause_ms = pause.as_millis(), "save failed, trying again: {error}");
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

    /// One semaphore per name; a changed limit makes a new one, and the saves under way keep the old.
    fn permits(&self, name: &StorageName, limit: usize) -> Arc<Semaphore> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (limit, Arc::new(Semaphore::new(limit)));
        let entry = busy.entry(name.clone()).or_insert_with(fresh);
        if entry.0 != limit {
            *entry = fresh();
        }
        Arc::clone(&entry.1)
    }

    /// The state of every storage used so far.
    #[must_use]
    pub fn health(&self) -> Vec<StorageHealth> {
        self.board.report()
    }
}

/// One try: the wait for a permit counts, so that a hanging storage can't pile up work for ever.
async fn attempt(
    storage: &Arc<dyn Storage>,
    saved: &Saved,
    permits: &Semaphore,
    policy: &SavePolicy,
) -> Result<(), StorageError> {
    let work = async {
        // Never closed; if it were, saving without a permit is better than not saving.
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

/// Counts a save as failed that ends without a result: a panic, or a run that was given up.
struct Unfinished<'a> {
    name: &'a StorageName,
    board: &'a Board,
    started: Instant,
    armed: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.armed {
            let error = StorageError::Permanent("the save broke off".to_owned());
            self.board.saved(self.name, self.started.elapsed(), Some(&error));
        }
    }
}
