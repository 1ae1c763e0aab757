//! Documents, for all that work with them: the API, chains, links.
//!
//! Guarantee: a document is read from the working store, and if it is not there from the storages
//! that can read, in the order of the configuration. A document from a storage is saved in the
//! working store again under the requested id. A storage that fails is logged and skipped. Only
//! errors of the working store are returned.

mod for_links;

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt as _;

use crate::snapshot::Live;
use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vcon_document::{Document, Ingested, Text, canonical, index};
use vconduit_base::names::{ListName, StorageName};
use vconduit_config::Settings;
use vconduit_storage::Storage;
use vconduit_storage::runner::{CopyState, DeleteOutcome, Runner};
use vconduit_store::{NewDocument, Store, StoreError, Stored};

/// Ids of one page of [`Documents::requeue`]. A push of a thousand keeps Redis busy for 2 ms.
const REQUEUE_PAGE: usize = 1_000;

/// Number of missing documents of one request that are read from storages at once. Storages are
/// slow and shared, so the rest of the request waits.
const READS_AT_ONCE: usize = 8;

/// Receives events about documents. Implementations return at once and handle their errors
/// themselves.
pub trait DocumentEvents: Send + Sync + 'static {
    /// A document was stored; `lists` is where its id was pushed to.
    fn created(&self, _id: &VconId, _text: &Text, _lists: &[ListName]) {}
    /// A document was deleted.
    fn deleted(&self, _id: &VconId) {}
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvents;

impl DocumentEvents for NoEvents {}

/// The service.
pub struct Documents {
    store: Arc<dyn Store>,
    live: Live,
    runner: Arc<Runner>,
    events: Arc<dyn DocumentEvents>,
    /// True if runs may read from the storages (`VCON_STORAGE_FALLBACK_ENABLED`). The API always
    /// may.
    storage_fallback: bool,
}

impl Documents {
    /// A service without a receiver of events.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, live: Live, settings: &Settings) -> Self {
        let storage_fallback = settings.storage_fallback;
        Self {
            store,
            live,
            runner: Arc::default(),
            events: Arc::new(NoEvents),
            storage_fallback,
        }
    }

    /// The same service over another connection to the same store.
    #[must_use]
    pub fn over(&self, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            live: self.live.clone(),
            runner: self.runner.clone(),
            events: self.events.clone(),
            storage_fallback: self.storage_fallback,
        }
    }

    /// The same service with a receiver of events.
    #[must_use]
    pub fn with_events(self, events: Arc<dyn DocumentEvents>) -> Self {
        Self { events, ..self }
    }

    /// The runner of storages. Saves have to use the same one, because it remembers which documents
    /// are missing.
    #[must_use]
    pub fn runner(&self) -> Arc<Runner> {
        self.runner.clone()
    }

    /// Stores a checked document with its indexes and pushes its id to lists, all in one step.
    /// Returns the stored text.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn create(
        &self,
        ingested: &Ingested,
        lists: &[ListName],
        context: Option<String>,
    ) -> Result<Text, StoreError> {
        let text = ingested.document.text();
        let new = NewDocument {
            id: ingested.id.clone(),
            text: text.clone(),
            created_at_s: ingested.document.created_at_s(),
            index: index::terms(&ingested.document),
            push_to: lists.to_vec(),
            context,
        };
        self.store.put(new).await?;
        self.events.created(&ingested.id, &text, lists);
        Ok(text)
    }

    /// A document's JSON text: as the store has it, else as a storage has it, in the current form.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn get(&self, id: &VconId) -> Result<Option<Text>, StoreError> {
        let stored = self.store.get_one(id).await?;
        Ok(self.found(id, stored).await)
    }

    /// Several documents, in the order asked, nothing where there is none.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn get_many(&self, ids: &[VconId]) -> Result<Vec<Option<Text>>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for (id, stored) in ids.iter().zip(self.store.get(ids).await?) {
            found.push(self.found(id, stored));
        }
        Ok(futures::stream::iter(found).buffered(READS_AT_ONCE).collect().await)
    }

    async fn found(&self, id: &VconId, stored: Option<Stored>) -> Option<Text> {
        match stored {
            Some(stored) => Some(stored.text),
            None => self.read_storages(id).await,
        }
    }

    /// Returns a document for a run, with its revision. Reads from the storages only where runs
    /// may.
    ///
    /// # Errors
    /// When the store is unavailable or refuses, also if it refuses to save the copy of a storage:
    /// a run can't write a document that the store does not have.
    pub async fn fetch(&self, id: &VconId) -> Result<Option<Stored>, StoreError> {
        if let Some(stored) = self.store.get_one(id).await? {
            return Ok(Some(stored));
        }
        if !self.storage_fallback {
            return Ok(None);
        }
        let Some(document) = self.read_through(id).await else {
            return Ok(None);
        };
        self.keep(id, &document).await?;
        self.store.get_one(id).await
    }

    /// Deletes a document from the store and from every storage. A storage that fails is logged,
    /// and the next one is tried. The result is still a success, as clients of the Conserver
    /// expect. Returns false if the store had no such document.
    ///
    /// # Errors
    /// Only when the store is unavailable. Nothing was deleted then, and the call can be repeated.
    pub async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        let existed = match self.store.delete(id).await {
            Ok(existed) => existed,
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(vcon = %id, %error, "the working store did not delete a document");
                false
            }
        };
        self.delete_from_storages(id).await;
        self.events.deleted(id);
        Ok(existed)
    }

    /// Ids that carry every term. No terms: no ids.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<String>, StoreError> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let mut sets = self.store.search(terms).await?;
        sets.sort_by_key(Vec::len);
        let mut sets = sets.into_iter();
        let mut found = sets.next().unwrap_or_default();
        for set in sets {
            let set: HashSet<String> = set.into_iter().collect();
            found.retain(|id| set.contains(id));
        }
        Ok(found)
    }

    /// Returns ids by `created_at`, newest first: a page of `size` ids, or all when `size` is
    /// negative. Pages count from 1, and pages before that are empty.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        page: i64,
        size: i64,
    ) -> Result<Vec<String>, StoreError> {
        let offset = (i128::from(page) - 1) * i128::from(size);
        let Ok(offset) = u64::try_from(offset) else {
            return Ok(Vec::new());
        };
        if size == 0 || i64::try_from(offset).is_err() {
            return Ok(Vec::new());
        }
        self.store.list(since_s, until_s, offset, size).await
    }

    /// Adds every stored document to the listing and the party indexes again. A document that can't
    /// be read is logged and skipped. Returns the number of documents.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn reindex(&self) -> Result<u64, StoreError> {
        let (mut count, mut cursor) = (0_u64, None);
        loop {
            let (ids, next) = self.store.scan(cursor).await?;
            count += ids.len() as u64;
            for (id, stored) in ids.iter().zip(self.store.get(&ids).await?) {
                if let Some(stored) = stored {
                    self.reindex_one(id, &stored).await?;
                }
            }
            if next.is_none() {
                return Ok(count);
            }
            cursor = next;
        }
    }

    /// Pushes the ids that exist, in the store or in a storage, to a list, in the given order.
    /// Returns their number. Works in pages of 1,000 ids, each pushed in one step: after
    /// an error the pages before it are on the list.
    ///
    /// # Errors
    /// When the store is unavailable or refuses.
    pub async fn requeue(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<u64, StoreError> {
        let mut count = 0;
        for page in ids.chunks(REQUEUE_PAGE) {
            let found = self.existing(page).await?;
            let (found, missing): (Vec<_>, Vec<_>) = page.iter().zip(found).partition(|(_, found)| *found);
            for (id, _) in missing {
                tracing::warn!(vcon = %id, %list, "not queued: there is no such vCon");
            }
            let found: Vec<VconId> = found.into_iter().map(|(id, _)| id.clone()).collect();
            if !found.is_empty() {
                self.store.push(list, &found, context).await?;
            }
            count += found.len() as u64;
        }
        Ok(count)
    }

    /// True for each id that is in the store, or that a storage has and the store has again now.
    async fn existing(&self, ids: &[VconId]) -> Result<Vec<bool>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for (id, is_stored) in ids.iter().zip(self.store.exist(ids).await?) {
            found.push(self.exists(id, is_stored));
        }
        Ok(futures::stream::iter(found).buffered(READS_AT_ONCE).collect().await)
    }

    async fn exists(&self, id: &VconId, is_stored: bool) -> bool {
        // A document is read only where the store does not have it.
        is_stored || self.read_storages(id).await.is_some()
    }

    /// Returns the storages of the configuration with the state of their copies.
    pub async fn copies(&self, id: &VconId) -> Vec<(StorageName, CopyState)> {
        self.runner.copies(&self.storages(), id).await
    }

    /// Reads from the storages and saves the document again. It is returned even if it can't be
    /// saved.
    async fn read_storages(&self, id: &VconId) -> Option<Text> {
        let document = self.read_through(id).await?;
        if let Err(error) = self.keep(id, &document).await {
            tracing::warn!(vcon = %id, %error, "a document read from a storage was not kept in the working store");
        }
        Some(document.text())
    }

    /// The first storage that has it wins; in the form that is written.
    async fn read_through(&self, id: &VconId) -> Option<Document> {
        let (storage, mut document) = self.runner.read_through(&self.storages(), id).await?;
        canonical::enforce(&mut document);
        tracing::debug!(vcon = %id, %storage, "read from a storage");
        Some(document)
    }

    fn storages(&self) -> Vec<(StorageName, Arc<dyn Storage>)> {
        let snapshot = self.live.load();
        snapshot
            .storages
            .iter()
            .map(|(name, storage)| (name.clone(), storage.clone()))
            .collect()
    }

    /// Not over what came in while a storage was asked: that is newer.
    async fn keep(&self, id: &VconId, document: &Document) -> Result<(), StoreError> {
        let stored = self
            .store
            .restore(id, &document.text(), document.created_at_s())
            .await?;
        if !stored {
            tracing::debug!(vcon = %id, "the working store has it by now; what a storage gave is not kept");
        }
        Ok(())
    }

    /// Deletes the copies of a document that was deleted from the store. A storage that fails is
    /// logged.
    pub(crate) async fn delete_from_storages(&self, id: &VconId) {
        for (storage, outcome) in self.runner.delete_everywhere(&self.storages(), id).await {
            match outcome {
                DeleteOutcome::Deleted | DeleteOutcome::Absent => {
                    tracing::debug!(vcon = %id, %storage, "not in the storage any more")
                }
                DeleteOutcome::Unsupported => {
                    tracing::warn!(vcon = %id, %storage, "the storage can't delete; its copy stays")
                }
                DeleteOutcome::Failed(error) => {
                    tracing::warn!(vcon = %id, %storage, %error, "not deleted; a copy may stay")
                }
            }
        }
    }

    async fn reindex_one(&self, id: &VconId, stored: &Stored) -> Result<(), StoreError> {
        match Document::parse(stored.text.clone()) {
            Ok(document) => {
                self.store
                    .index(id, document.created_at_s(), &index::terms(&document))
                    .await
            }
            Err(error) => {
                tracing::warn!(vcon = %id, %error, "not indexed: the store holds something that is no document");
                Ok(())
            }
        }
    }
}
