//! The audit log: who did what, when, to what, with the state before and after.
//!
//! Guarantee: an entry whose addition returned is in the log until [`MAX_AUDIT_ENTRIES`] newer ones
//! are. A change of the configuration and its entry are one step
//! ([`super::ConfigStore::save_config`]).

use async_trait::async_trait;

use super::StoreError;

/// Entries that the log keeps: a year of thirty admin actions a day, some MB.
pub(super) const MAX_AUDIT_ENTRIES: u32 = 10_000;

/// Writes and reads the audit log.
#[async_trait]
pub trait AuditStore {
    /// Adds an entry (a JSON text), for an action that does not change the configuration.
    async fn audit(&self, entry: &str) -> Result<(), StoreError>;

    /// Returns entries, the newest first.
    async fn audit_log(&self, offset: u64, count: u64) -> Result<Vec<String>, StoreError>;
}
