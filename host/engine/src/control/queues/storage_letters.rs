//! Dead letters of storages: vCons that have passed their chain, and that one storage did not save.
//!
//! Guarantee: a letter is removed only after the last revision of its document was saved, or after
//! the document was deleted. On all hosts of the store, one replay of a storage runs at a time.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use crate::documents::Documents;
use crate::snapshot::Live;
use vcon_document::{Document, EgressFormat, VconId, canonical};
use vconduit_base::names::{ListName, StorageName};
use vconduit_config::Settings;
use vconduit_storage::Saved;
use vconduit_storage::runner::{SavePolicy, Target};
use vconduit_store::{HostLock, Store, StoreError, Stored};
use vconduit_telemetry::metrics;

/// Lease of the lock of a replay. The death of its host delays the next replay by this time.
const LEASE: Duration = Duration::from_secs(15);
/// Pause between two renewals of the lock.
const RENEWAL: Duration = Duration::from_secs(5);
/// Time after a renewal at which a replay without another one ends: before the lease does.
const HOLD: Duration = Duration::from_secs(12);
/// Saves of one letter. A document that others change during each of them is contended for.
const MAX_SAVES: usize = 10;
/// Letters that one replay passes over, because their documents can't be saved. Bounds the time of
/// a replay that finds no others.
const MAX_SKIPPED: u64 = 10_000;
/// Letters that are read at once.
const PAGE: u64 = 100;
/// Letters between two lines of the log.
const PROGRESS: u64 = 1_000;
/// All entries of a list. A list that fits into the memory of the store is far shorter.
const ALL: u64 = u32::MAX as u64;

/// Result of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// Letters that were saved and removed.
    pub written: u64,
    /// Letters that were removed because their vCon was deleted.
    pub deleted: u64,
    /// Letters that stay because the store has no document that could be saved.
    pub skipped: u64,
    /// The first failure, which ended the replay. Its letter stays.
    pub failure: Option<String>,
}

/// Reason why a replay or a list of letters was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The active configuration has no such storage.
    #[error("there is no storage {0} in the configuration")]
    Unknown(StorageName),
    /// Another replay has the lock.
    #[error("another replay of storage {0} is running")]
    Running(StorageName),
    /// A fault in the program has ended it.
    #[error("the replay ended early (a fault in the program)")]
    EndedEarly,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Outcome of one letter.
enum Outcome {
    Written,
    Deleted,
    /// It stays, for this reason.
    Skipped(String),
    /// It stays, and the replay ends.
    Failed(String),
}

/// The service.
pub struct StorageLetters {
    store: Arc<dyn Store>,
    documents: Arc<Documents>,
    live: Live,
    egress: EgressFormat,
    policy: SavePolicy,
}

impl StorageLetters {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, documents: Arc<Documents>, live: Live, settings: &Settings) -> Self {
        Self {
            store,
            documents,
            live,
            egress: settings.egress,
            policy: SavePolicy::default(),
        }
    }

    /// Returns the storages of the active configuration.
    pub(super) fn storages(&self) -> Vec<StorageName> {
        self.live.load().storages.keys().cloned().collect()
    }

    /// Returns the number of dead letters of a storage.
    ///
    /// # Errors
    /// There is no such storage. The store is unavailable.
    pub(super) async fn depth(&self, storage: &StorageName) -> Result<u64, ReplayError> {
        let (_, list) = self.target(storage)?;
        Ok(self.store.depth(&list.dead_letters()).await?)
    }

    /// Returns the ids of all dead letters of a storage, the oldest first.
    ///
    /// # Errors
    /// There is no such storage. The store is unavailable.
    pub async fn ids(&self, storage: &StorageName) -> Result<Vec<String>, ReplayError> {
        let (_, list) = self.target(storage)?;
        Ok(self.store.entries(&list.dead_letters(), 0, ALL).await?)
    }

    /// Saves up to `count` dead letters of a storage to it, the oldest first, and removes each
    /// after its save. Ends at the first failure. Letters without a document that can be saved
    /// stay, and the next ones are tried. The replay continues when its caller stops waiting.
    ///
    /// # Errors
    /// There is no such storage. Another replay is running. The store is unavailable: letters
    /// before that are done.
    pub fn replay(
        self: Arc<Self>,
        storage: StorageName,
        count: u64,
    ) -> BoxFuture<'static, Result<Replay, ReplayError>> {
        let work = async move { self.replay_alone(&storage, count).await }.in_current_span();
        let task = tokio::spawn(work);
        async move { task.await.unwrap_or(Err(ReplayError::EndedEarly)) }.boxed()
    }

    /// Replays under the lock of the storage.
    pub(super) async fn replay_alone(&self, storage: &StorageName, count: u64) -> Result<Replay, ReplayError> {
        let (target, list) = self.target(storage)?;
        let lock = HostLock::new(format!("storage-replay:{storage}"));
        let until = Instant::now() + HOLD;
        if !self.store.lock(&lock, LEASE).await? {
            return Err(ReplayError::Running(storage.clone()));
        }
        let mut replay = Replay::default();
        let ended = tokio::select! {
            ended = self.replay_letters(&target, &list, count, &mut replay) => Some(ended),
            () = self.lost(&lock, until) => None,
        };
        if let Err(error) = self.store.unlock(&lock).await {
            tracing::debug!(%storage, %error, "the lock of the replay was not released; it ends by itself");
        }
        match ended {
            Some(result) => result?,
            None => replay.failure = Some("the lock of the replay could not be renewed in time".to_owned()),
        }
        Ok(replay)
    }

    /// Renews the lock. Returns when it may be lost.
    async fn lost(&self, lock: &HostLock, mut until: Instant) {
        while Instant::now() < until {
            sleep_until((Instant::now() + RENEWAL).min(until)).await;
            let asked = Instant::now();
            match timeout_at(until, self.store.lock(lock, LEASE)).await {
                Ok(Ok(true)) => until = asked + HOLD,
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) => tracing::debug!(%error, "the lock of a replay was not renewed"),
            }
        }
    }

    async fn replay_letters(
        &self,
        target: &Target,
        list: &ListName,
        count: u64,
        replay: &mut Replay,
    ) -> Result<(), StoreError> {
        let dead_letters = list.dead_letters();
        while replay.written < count && replay.skipped < MAX_SKIPPED {
            // Those before this place are the letters that stay.
            let page = (count - replay.written).min(PAGE);
            let entries = self.store.entries(&dead_letters, replay.skipped, page).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                match self.replay_entry(target, list, &entry).await? {
                    Outcome::Written => replay.wrote(&target.0),
                    Outcome::Deleted => replay.deleted += 1,
                    Outcome::Skipped(reason) => {
                        tracing::debug!(storage = %target.0, vcon = entry, reason, "the dead letter stays");
                        replay.skipped += 1;
                    }
                    Outcome::Failed(message) => {
                        replay.failure = Some(message);
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    async fn replay_entry(&self, target: &Target, list: &ListName, entry: &str) -> Result<Outcome, StoreError> {
        let Ok(id) = VconId::new(entry) else {
            return Ok(Outcome::Skipped("it is not the id of a vCon".to_owned()));
        };
        let outcome = self.save(target, &id).await?;
        if matches!(outcome, Outcome::Written | Outcome::Deleted) && !self.store.drop_dead_letter(list, &id).await? {
            // The place of the next letter is not certain then. At worst one waits for the next
            // replay.
            return Ok(Outcome::Skipped("somebody else has removed it".to_owned()));
        }
        Ok(outcome)
    }

    /// Saves a document until the storage has its last revision.
    async fn save(&self, target: &Target, id: &VconId) -> Result<Outcome, StoreError> {
        let mut saved = None;
        for saves in 0..=MAX_SAVES {
            let stored = match self.store.get_one(id).await {
                Ok(stored) => stored,
                Err(error @ StoreError::Refused { .. }) => return Ok(Outcome::Skipped(error.to_string())),
                Err(error) => return Err(error),
            };
            let Some(stored) = stored else {
                return self.without_document(id, saved.is_some()).await;
            };
            if saved.as_ref() == Some(&stored.revision) {
                return Ok(Outcome::Written);
            }
            if saves == MAX_SAVES {
                break;
            }
            let revision = stored.revision.clone();
            let Some(document) = self.prepared(id, stored) else {
                return Ok(Outcome::Skipped("its stored text is not a vCon".to_owned()));
            };
            let runner = self.documents.runner();
            let results = runner.save_all(std::slice::from_ref(target), &document, &self.policy);
            if let Some((_, Err(error))) = results.await.pop() {
                return Ok(Outcome::Failed(format!("vCon {id}: {error}")));
            }
            saved = Some(revision);
        }
        Ok(Outcome::Failed(format!(
            "vCon {id} was changed by others {MAX_SAVES} times while it was being saved"
        )))
    }

    /// Returns the outcome of a letter whose document is not found.
    async fn without_document(&self, id: &VconId, is_saved: bool) -> Result<Outcome, StoreError> {
        if self.store.was_deleted(id).await? {
            // This save or an earlier one may have been on its way while the vCon was deleted.
            self.documents.delete_from_storages(id).await;
            return Ok(Outcome::Deleted);
        }
        if is_saved {
            // It has expired since.
            return Ok(Outcome::Written);
        }
        Ok(Outcome::Skipped(
            "the store does not have its document any more".to_owned(),
        ))
    }

    fn prepared(&self, id: &VconId, stored: Stored) -> Option<Saved> {
        let mut document = Document::parse(stored.text).ok()?;
        canonical::upgrade(&mut document);
        Some(Saved {
            id: id.clone(),
            text: document.text(),
            document: Arc::new(document),
            egress: self.egress,
        })
    }

    /// Returns a storage and the name that its dead letters are under.
    fn target(&self, storage: &StorageName) -> Result<(Target, ListName), ReplayError> {
        let unknown = || ReplayError::Unknown(storage.clone());
        let ready = self.live.load().storages.get(storage).cloned().ok_or_else(unknown)?;
        let list = ListName::new(format!("storage:{storage}")).map_err(|_| unknown())?;
        Ok(((storage.clone(), ready), list))
    }
}

impl Replay {
    /// Counts a letter that was saved.
    fn wrote(&mut self, storage: &StorageName) {
        self.written += 1;
        metrics::storage_replayed(storage);
        if self.written.is_multiple_of(PROGRESS) {
            tracing::info!(%storage, written = self.written, "saving dead letters of the storage");
        }
    }

    /// Writes the result to the log. One without any letters is not worth a line.
    pub fn log(&self, storage: &StorageName) {
        let (written, deleted) = (self.written, self.deleted);
        if written + deleted > 0 {
            tracing::info!(%storage, written, deleted, "dead letters of the storage were saved, or dropped as deleted");
        }
        if self.skipped > 0 {
            tracing::warn!(
                %storage,
                letters = self.skipped,
                "the store has no document for dead letters of the storage; they stay: post these vCons again, or drop them"
            );
        }
        if let Some(failure) = &self.failure {
            tracing::warn!(%storage, failure, "the replay of dead letters has ended; the others stay");
        }
    }
}
