//! The working store: live vCons, their indexes, lists, claims and the running configuration.
//!
//! Guarantee: every method that changes something is one atomic step. After it returns `Ok`, the
//! change survives the death of this process. After an error either nothing or all of it has
//! happened, and the step can be repeated. A vCon id is at any moment in exactly one of: a list, a
//! claim, parked, a dead-letter list, done.
//!
//! The contract is [`Store`], one trait for each topic. The modules below hold the traits and their
//! types. [`redis`] and [`sqlite`] implement them, in files of the same names.

use async_trait::async_trait;

mod audit;
mod checkpoint;
mod claims;
mod components;
mod config;
mod dead_letters;
mod documents;
mod endings;
mod error;
mod events;
mod host_locks;
mod hosts;
mod index;
mod lists;
mod recovery;
pub mod redis;
pub mod sqlite;

pub use audit::AuditStore;
pub use checkpoint::{Checkpoint, Progress};
pub use claims::{Claim, ClaimStore, Effects, Guarded, NeededDocument};
pub use components::ComponentStore;
pub use config::ConfigStore;
pub use dead_letters::{DeadLetter, DeadLetterStore, ErrorRecord};
pub use documents::{DocumentStore, NewDocument, Revision, Stored, Write};
pub use endings::ClaimEndings;
pub use error::StoreError;
pub use events::EventBus;
pub use host_locks::{HostLock, HostLocks};
pub use hosts::HostStore;
pub use index::IndexStore;
pub use lists::ListStore;
pub use recovery::{EntryRecovery, ListProgress, Reaped, Survey};

#[cfg(test)]
mod tests;

/// Memory of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryUse {
    /// Used memory in bytes.
    pub used_bytes: u64,
    /// Limit of the store in bytes. Above it nothing can be stored.
    pub max_bytes: u64,
}

impl MemoryUse {
    /// Returns the used part in percent. More than 100 is possible.
    #[must_use]
    pub fn percent(self) -> u64 {
        let percent = u128::from(self.used_bytes) * 100 / u128::from(self.max_bytes.max(1));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

/// The working store, implemented by [`redis::RedisStore`] and [`sqlite::SqliteStore`]. Every test
/// of the store runs on both.
///
/// Users hold an `Arc<dyn Store>`, which has the methods of all topics without further imports. On
/// a concrete type, import the trait of the topic.
///
/// # Errors
/// Every method fails with [`StoreError::Unavailable`] when the store can't be reached (after a
/// short retry) and with [`StoreError::Refused`] when the store refuses the operation.
#[async_trait]
pub trait Store:
    DocumentStore
    + IndexStore
    + ListStore
    + ClaimStore
    + ClaimEndings
    + EntryRecovery
    + DeadLetterStore
    + ConfigStore
    + ComponentStore
    + HostStore
    + HostLocks
    + EventBus
    + AuditStore
    + Send
    + Sync
    + 'static
{
    /// Checks that the store responds and accepts writes.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Returns how much of its memory the store uses. `None` when it has no limit.
    async fn memory_use(&self) -> Result<Option<MemoryUse>, StoreError>;

    /// Describes the store and its set-up, for the log. Holds no credentials.
    fn describe(&self) -> String;
}
