//! Storages: durable copies of vCons outside the working store.
//!
//! Guarantee: after a save that returned `Ok` the copy survives the death of this process, and
//! adapters that can read return it. Saving the same document again leaves one copy.

// Helpers of several adapters are unused in a build without those adapters.
#![cfg_attr(not(feature = "default"), allow(dead_code))]

mod adapters;
mod day;
mod egress;
pub mod factory;
pub mod options;
pub mod runner;
pub mod secret;
mod stored_name;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

use vcon_document::{Document, EgressFormat, Text, VconId};

pub use adapters::{ADAPTERS, Adapter, known_modules};
pub use factory::{StorageContext, build};
pub use options::OptionProblem;
pub use runner::{CopyState, DeleteOutcome, Runner, SavePolicy};
pub use secret::Secret;

/// A document on its way to storages. All storages of a run share its parts.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Id that it is stored under.
    pub id: VconId,
    /// The document in the current form.
    pub document: Arc<Document>,
    /// Its JSON text.
    pub text: Text,
    /// The deployment's egress format, for adapters that convert.
    pub egress: EgressFormat,
}

/// Failure of a storage. Messages name its address, never its credentials.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// A retry may help: the storage is unavailable, busy or too slow.
    #[error("{0}")]
    Transient(String),
    /// A retry can't help: the document or the credentials are refused, or the document is too
    /// large.
    #[error("{0}")]
    Permanent(String),
}

/// Operations that an adapter supports besides saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Returns the full document by id, so that it can serve reads of expired vCons.
    pub read: bool,
    /// Deletes by id.
    pub delete: bool,
}

/// A configured storage.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Operations that this adapter supports.
    fn abilities(&self) -> Abilities;

    /// Saves a document. Saving again replaces the copy.
    ///
    /// # Errors
    /// The storage failed or refused. An older copy may remain.
    async fn save(&self, saved: &Saved) -> Result<(), StorageError>;

    /// Returns the document's JSON text. None if there is no copy.
    ///
    /// # Errors
    /// The storage failed or refused.
    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError>;

    /// Deletes a document. Returns false if there was no copy.
    ///
    /// # Errors
    /// The storage failed or refused. The copy may remain.
    async fn delete(&self, id: &VconId) -> Result<bool, StorageError>;
}

/// Maximum length of a document that is read back, in bytes: more than any limit for documents, and
/// little enough for the host's memory.
const MAX_READ_BYTES: u64 = 256 * 1024 * 1024;

/// Size in bytes from which documents are rewritten away from the async threads. Rewriting a
/// document of this size takes about a millisecond.
const LARGE_BYTES: usize = 128 * 1024;

/// Runs work on a document, away from the async threads if it is large.
async fn prepare<T, W>(saved: &Saved, work: W) -> Result<T, StorageError>
where
    T: Send + 'static,
    W: FnOnce(&Saved) -> T + Send + 'static,
{
    if saved.text.len() < LARGE_BYTES {
        return Ok(work(saved));
    }
    let saved = saved.clone();
    let done = tokio::task::spawn_blocking(move || work(&saved)).await;
    done.map_err(|_| StorageError::Permanent("the document could not be prepared (a fault in the program)".to_owned()))
}
