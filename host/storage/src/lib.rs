//! Storages: the durable places outside the working store.
//!
//! Guarantee: a save that answered `Ok` can be read back (by adapters that read at all) after the death of this process; saving the same
//! document again leaves one logical copy.

// Helpers of several adapters are unused in a build without these.
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

/// What goes to a storage: the document once, for all storages of a run.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The id that it is stored under.
    pub id: VconId,
    /// The document, names upgraded.
    pub document: Arc<Document>,
    /// Its JSON text.
    pub text: Text,
    /// The deployment's egress format, for the adapters that convert (`spec/storages.md` §4).
    pub egress: EgressFormat,
}

/// Why a storage did not do what was asked. Messages name the storage's address, never its credentials.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// Worth a retry: away, busy, a time-out.
    #[error("{0}")]
    Transient(String),
    /// A retry can't help: refused, too large, bad options.
    #[error("{0}")]
    Permanent(String),
}

/// What an adapter can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Answers the full document by id, so that it can serve reads of expired vCons.
    pub read: bool,
    /// Removes by id.
    pub delete: bool,
}

/// One storage, configured.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// What this adapter can do.
    fn abilities(&self) -> Abilities;

    /// Saves a document; saving again replaces it.
    async fn save(&self, saved: &Saved) -> Result<(), StorageError>;

    /// The document's JSON text; nothing if there is none.
    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError>;

    /// Removes a document; false if there was none.
    async fn delete(&self, id: &VconId) -> Result<bool, StorageError>;
}

/// The longest document that is read back: above every limit for documents, below what would hurt the host.
const MAX_READ_BYTES: u64 = 256 * 1024 * 1024;

/// Documents from this size on are rewritten away from the async threads: about a millisecond's work.
const LARGE_BYTES: usize = 128 * 1024;

/// Does work on a document's text where it holds up nobody.
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
