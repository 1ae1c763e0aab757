//! The last part of a run, after all links: storages first, then egress.
//!
//! Guarantee: a finished run has saved the document as it was in the store when the run ended, also
//! when others changed it during the run. Of a vCon that was deleted during the run no copy stays,
//! and its id goes to no list.

use std::sync::Arc;

use async_trait::async_trait;

use super::end::{Ended, Reason};
use super::hold::ClaimHold;
use super::retry::persistently;
use super::state::Run;
use super::{ChainRunner, Flow, RunError};
use crate::snapshot::Snapshot;
use vcon_document::VconId;
use vconduit_base::names::{ListName, StorageName};
use vconduit_config::Chain;
use vconduit_storage::runner::Target;
use vconduit_storage::{Abilities, Saved, Storage, StorageError};
use vconduit_store::StoreError;
use vconduit_telemetry::metrics;

/// Saves of one run. A document that others change during each of them is contended for.
const MAX_SAVES: u32 = 10;

/// Results of saves, in the order of the storages.
type SaveResults = Vec<(StorageName, Result<(), StorageError>)>;

/// A storage of a run. No try of a save begins while the claim is not held: retries have a timer of
/// their own.
struct HeldStorage {
    storage: Arc<dyn Storage>,
    hold: ClaimHold,
}

#[async_trait]
impl Storage for HeldStorage {
    fn abilities(&self) -> Abilities {
        self.storage.abilities()
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        self.hold.held().await;
        self.storage.save(saved).await
    }

    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        self.storage.get(id).await
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        self.hold.held().await;
        self.storage.delete(id).await
    }
}

impl ChainRunner {
    /// Saves the vCon to the chain's storages and sends its id on.
    pub(super) async fn complete(&self, run: &mut Run, chain: &Chain, snapshot: &Snapshot) -> Result<Ended, RunError> {
        if chain.storages.is_empty() {
            return self.finish(run, &chain.egress_lists, Ended::Finished).await;
        }
        // Pending edits are written first, so that storages and store have the same document.
        if !run.edits.is_empty() || !run.effects.is_empty() {
            match self.checkpoint(run, chain).await? {
                Flow::Over(ended) => return Ok(ended),
                Flow::Stop => return self.stop(run).await,
                Flow::Next | Flow::Park(_) => {}
            }
        }
        for _ in 0..MAX_SAVES {
            if let Flow::Stop = self.load_again(run).await? {
                // A save may have been on its way while the vCon was deleted everywhere.
                self.documents.delete_from_storages(&run.current).await;
                return self.stop(run).await;
            }
            self.save(run, chain, snapshot).await?;
            if let Some(ended) = self.finish_saved(run, &chain.egress_lists).await? {
                return Ok(ended);
            }
        }
        let message = format!("the document was changed by others {MAX_SAVES} times while it was being saved");
        Err(RunError::Failed(Reason::plain("conflict", message)))
    }

    async fn save(&self, run: &mut Run, chain: &Chain, snapshot: &Snapshot) -> Result<(), StoreError> {
        let Some(document) = &run.document else {
            return Ok(());
        };
        let saved = Saved {
            id: run.current.clone(),
            document: Arc::new(document.clone()),
            text: document.text(),
            egress: self.egress,
        };
        let targets: Vec<Target> = chain
            .storages
            .iter()
            .filter_map(|name| {
                let storage = snapshot.storages.get(name)?.clone();
                let hold = run.hold.clone();
                Some((
                    name.clone(),
                    Arc::new(HeldStorage { storage, hold }) as Arc<dyn Storage>,
                ))
            })
            .collect();
        for (name, result) in self.save_held(&run.hold, &targets, &saved).await {
            match result {
                Ok(()) => run.trail.storage(&name, None),
                Err(StorageError::Transient(message) | StorageError::Permanent(message)) => {
                    self.not_saved(run, &name, message).await?;
                }
            }
        }
        Ok(())
    }

    /// Saves while the claim is held. Saves that have not ended when it is not held any more are
    /// cut off, so that they do not replace what another host saves, and begin again when it is:
    /// a storage that saves twice has one copy.
    async fn save_held(&self, hold: &ClaimHold, targets: &[Target], saved: &Saved) -> SaveResults {
        let runner = self.documents.runner();
        loop {
            hold.held().await;
            tokio::select! {
                biased;
                results = runner.save_all(targets, saved, &self.save_policy) => return results,
                () = hold.broken() => {}
            }
        }
    }

    /// Notes a failed storage in its own dead-letter list. The run itself continues.
    async fn not_saved(&self, run: &mut Run, storage: &StorageName, message: String) -> Result<(), StoreError> {
        run.trail.storage(storage, Some(&message));
        let Ok(list) = ListName::new(format!("storage:{storage}")) else {
            return Ok(());
        };
        let dead_letters = list.dead_letters();
        tracing::error!(vcon = %run.current, chain = %run.chain, %storage, error = message, "the vCon was not saved; it is in {dead_letters}");
        let record = self.record(run, Reason::plain("storage", format!("storage {storage}: {message}")));
        run.hold.held().await;
        persistently!(self.store.dead_letter(&dead_letters, &run.current, &record));
        metrics::dead_letter(&dead_letters);
        Ok(())
    }
}
