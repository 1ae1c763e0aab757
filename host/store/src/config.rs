//! The running configuration, which all hosts of a store share.
//!
//! Guarantee: the configuration is read and replaced as a whole. Each replacement has a new random
//! revision, which no state before has had.

use async_trait::async_trait;

use super::StoreError;
use vconduit_base::{ConfigEntries, ConfigRevision};

/// Reads and replaces the configuration.
#[async_trait]
pub trait ConfigStore {
    /// Returns the configuration and its revision, which is [`ConfigRevision::NONE`] when there is
    /// none yet.
    async fn load_config(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError>;

    /// Replaces the configuration and returns the new revision. With `expected`, replaces it only
    /// if that is the current revision, and returns the current revision as `Err` otherwise. The
    /// entry for the audit log is added in the same step.
    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<ConfigRevision>,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError>;

    /// Returns the revision of the configuration. Cheap enough for two calls a second.
    async fn config_revision(&self) -> Result<ConfigRevision, StoreError>;
}
