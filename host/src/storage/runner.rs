//! Saving to, reading from and deleting in several storages.
//!
//! Guarantee: one storage's failure, hang or panic never keeps another from its turn, and every save's outcome is counted; a document read
//! here carries the id that was asked for.

mod health;
mod missing;
mod policy;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use backon::Retryable as _;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::{Saved, Storage, StorageError};
use crate::names::{StorageName, VconId};
use crate::vcon::{Document, Form};
use health::Board;
use missing::Missing;

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
                results.push((name.clone(), task.join(name).await));
            }
        } else {
            for (name, storage) in storages {
                results.push((name.clone(), self.start(name, storage, saved, policy).join(name).await));
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

    /// The first storage's answer, in order, among those that can read. An answer that isn't this vCon counts as none.
    /// The document is as stored: the caller brings it to the written form before it goes back to the working store.
    pub async fn read_through(&self, storages: &Storages, id: &VconId) -> Option<(StorageName, Document)> {
        if self.missing.contains(id) {
            return None;
        }
        let looked = self.missing.begin(id);
        for (name, storage) in storages.iter().filter(|(_, storage)| storage.abilities().read) {
            match self
                .ask(
                    Arc::clone(storage),
                    id,
                    |storage, id| async move { storage.get(&id).await },
                )
                .await
            {
                Ok(Some(text)) => match accept(text, id) {
                    Ok(document) => return Some((name.clone(), document)),
                    Err(fault) => self.ask_failed(name, id, &format!("its answer is refused: {fault}")),
                },
                Ok(None) => {}
                Err(error) => self.ask_failed(name, id, &error.to_string()),
            }
        }
        self.missing.note(id, looked, &self.ask);
        None
    }

    /// Deletes everywhere, at once; the answers are in the order of the list.
    pub async fn delete_everywhere(&self, storages: &Storages, id: &VconId) -> Vec<(StorageName, DeleteOutcome)> {
        let deletes = storages
            .iter()
            .map(|(name, storage)| async move { (name.clone(), self.delete(name, storage, id).await) });
        futures::future::join_all(deletes).await
    }

    async fn delete(&self, name: &StorageName, storage: &Arc<dyn Storage>, id: &VconId) -> DeleteOutcome {
        if !storage.abilities().delete {
            return DeleteOutcome::Unsupported;
        }
        match self
            .ask(Arc::clone(storage), id, |storage, id| async move {
                storage.delete(&id).await
            })
            .await
        {
            Ok(true) => DeleteOutcome::Deleted,
            Ok(false) => DeleteOutcome::Absent,
            Err(error) => {
                self.ask_failed(name, id, &error.to_string());
                DeleteOutcome::Failed(error.to_string())
            }
        }
    }

    /// One question with a deadline, in a task of its own.
    async fn ask<T, F>(
        &self,
        storage: Arc<dyn Storage>,
        id: &VconId,
        question: impl FnOnce(Arc<dyn Storage>, VconId) -> F,
    ) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StorageError>> + Send + 'static,
    {
        let limit = self.ask.timeout;
        let answer = question(storage, id.clone());
        Task::start(async move {
            tokio::time::timeout(limit, answer)
                .await
                .unwrap_or_else(|_| Err(late(limit)))
        })
        .finish()
        .await
    }

    fn ask_failed(&self, name: &StorageName, id: &VconId, message: &str) {
        tracing::warn!(storage = %name, vcon = %id, "{message}");
        self.board.failed(name, message);
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

fn late(limit: std::time::Duration) -> StorageError {
    StorageError::Transient(format!("no answer within {} s", limit.as_secs_f64()))
}

fn is_transient(error: &StorageError) -> bool {
    matches!(error, StorageError::Transient(_))
}

/// Reads an answer, and checks that it is the vCon asked for. What is encrypted may hide its id.
fn accept(text: String, id: &VconId) -> Result<Document, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    match document.uuid() {
        Some(found) if found.as_str().eq_ignore_ascii_case(id.as_str()) => Ok(document),
        None if document.form() == Form::Encrypted => Ok(document),
        Some(found) => Err(format!("it is vCon {found}")),
        None => Err("it has no uuid".to_owned()),
    }
}

/// A spawned piece of work that ends with its owner.
struct Task<T>(JoinHandle<Result<T, StorageError>>);

impl<T: Send + 'static> Task<T> {
    fn start(work: impl Future<Output = Result<T, StorageError>> + Send + 'static) -> Self {
        use tracing::Instrument as _;
        Self(tokio::spawn(work.in_current_span()))
    }

    async fn finish(mut self) -> Result<T, StorageError> {
        (&mut self.0).await.unwrap_or_else(|_| {
            Err(StorageError::Permanent(
                "the adapter broke off (a fault in the program)".to_owned(),
            ))
        })
    }

    async fn join(self, name: &StorageName) -> Result<T, StorageError> {
        let result = self.finish().await;
        tracing::debug!(storage = %name, ok = result.is_ok(), "storage done");
        result
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
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
