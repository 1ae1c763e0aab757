//! Reads from and deletes in several storages.
//!
//! Guarantee: a document that is read has the id that was asked for. A delete calls every storage,
//! and returns an outcome for each.

use std::future::Future;
use std::sync::Arc;

use backon::Retryable as _;

use super::task::{Task, late};
use super::{CopyState, DeleteOutcome, Runner, SavePolicy, Target, is_transient};
use crate::{Storage, StorageError};
use vcon_document::VconId;
use vcon_document::{Document, Form};
use vconduit_base::names::StorageName;

impl Runner {
    /// Reads from the storages in order, and returns the first copy. A copy that is not this vCon
    /// is ignored. The document is as stored: the caller brings it to the current form before it
    /// goes back to the working store.
    pub async fn read_through(&self, storages: &[Target], id: &VconId) -> Option<(StorageName, Document)> {
        if self.missing.contains(id) {
            return None;
        }
        let saves = self.missing.begin(id);
        for (name, storage) in storages.iter().filter(|(_, storage)| storage.abilities().read) {
            match self
                .ask(storage, id, |storage, id| async move { storage.get(&id).await })
                .await
            {
                Ok(Some(text)) => match accept(text, id) {
                    Ok(document) => return Some((name.clone(), document)),
                    Err(fault) => self.ask_failed(name, id, &format!("its copy is refused: {fault}")),
                },
                Ok(None) => {}
                Err(error) => self.ask_failed(name, id, &error.to_string()),
            }
        }
        self.missing.note(id, saves, &self.ask);
        None
    }

    /// Asks all storages at once for their copies. The states are in the order of the list.
    pub async fn copies(&self, storages: &[Target], id: &VconId) -> Vec<(StorageName, CopyState)> {
        let asked = storages
            .iter()
            .map(|(name, storage)| async move { (name.clone(), self.copy(storage, id).await) });
        futures::future::join_all(asked).await
    }

    async fn copy(&self, storage: &Arc<dyn Storage>, id: &VconId) -> CopyState {
        if !storage.abilities().read {
            return CopyState::Unsupported;
        }
        match self
            .ask(storage, id, |storage, id| async move { storage.get(&id).await })
            .await
        {
            Ok(Some(text)) => accept(text, id).map_or_else(CopyState::Failed, |_| CopyState::Held),
            Ok(None) => CopyState::Absent,
            Err(error) => CopyState::Failed(error.to_string()),
        }
    }

    /// Deletes in all storages at once, and again where an error may pass. The outcomes are in the
    /// order of the list.
    pub async fn delete_everywhere(&self, storages: &[Target], id: &VconId) -> Vec<(StorageName, DeleteOutcome)> {
        let deletes = storages
            .iter()
            .map(|(name, storage)| async move { (name.clone(), self.delete(name, storage, id).await) });
        futures::future::join_all(deletes).await
    }

    async fn delete(&self, name: &StorageName, storage: &Arc<dyn Storage>, id: &VconId) -> DeleteOutcome {
        if !storage.abilities().delete {
            return DeleteOutcome::Unsupported;
        }
        let attempt = || self.ask(storage, id, |storage, id| async move { storage.delete(&id).await });
        match attempt.retry(SavePolicy::default().pauses()).when(is_transient).await {
            Ok(true) => DeleteOutcome::Deleted,
            Ok(false) => DeleteOutcome::Absent,
            Err(error) => {
                self.ask_failed(name, id, &error.to_string());
                DeleteOutcome::Failed(error.to_string())
            }
        }
    }

    /// Makes one call with a deadline, in a task of its own.
    async fn ask<T, F>(
        &self,
        storage: &Arc<dyn Storage>,
        id: &VconId,
        call: impl FnOnce(Arc<dyn Storage>, VconId) -> F,
    ) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StorageError>> + Send + 'static,
    {
        let limit = self.ask.timeout;
        let result = tokio::time::timeout(limit, call(Arc::clone(storage), id.clone()));
        Task::start(async move { result.await.unwrap_or_else(|_| Err(late(limit))) })
            .finish()
            .await
    }

    fn ask_failed(&self, name: &StorageName, id: &VconId, message: &str) {
        tracing::warn!(storage = %name, vcon = %id, "{message}");
        self.board.failed(name, message);
    }
}

/// Parses a copy, and checks that it is the vCon that was asked for. An encrypted copy may hide its
/// id.
fn accept(text: String, id: &VconId) -> Result<Document, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    match document.uuid() {
        Some(found) if found.as_str().eq_ignore_ascii_case(id.as_str()) => Ok(document),
        None if document.form() == Form::Encrypted => Ok(document),
        Some(found) => Err(format!("it is vCon {found}")),
        None => Err("it has no uuid".to_owned()),
    }
}
