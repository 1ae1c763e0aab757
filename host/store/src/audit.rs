//! The audit log: who did what, when, to what; what it was before and after.
//!
//! Guarantee: an entry that was answered is in the log until [`KEPT`] newer ones are. A change of the configuration
//! and its entry are one step ([`super::Store::save_config`]): there is none without the other.

use async_trait::async_trait;

use super::StoreError;

/// Entries kept: a year of thirty admin actions a day, some MB.
pub(super) const KEPT: u32 = 10_000;

/// See the module.
#[async_trait]
pub trait AuditLog {
    /// Adds an entry (a JSON text), for an action that changes no configuration.
    async fn audit(&self, entry: &str) -> Result<(), StoreError>;

    /// Entries, the newest first.
    async fn audit_log(&self, offset: u64, count: u64) -> Result<Vec<String>, StoreError>;
}
