//! Hosts that work on this store now.
//!
//! Guarantee: a host that does not announce itself again in time is no longer listed. The store's
//! own clock decides, so a host with a wrong clock does no harm.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use vconduit_base::names::HostId;

/// Lists the active hosts.
#[async_trait]
pub trait HostStore {
    /// Lists this host for `ttl` from now, with its report (a JSON text). The last report counts.
    async fn announce(&self, host: &HostId, report: &str, ttl: Duration) -> Result<(), StoreError>;

    /// Returns the listed hosts by id, each with its last report.
    async fn hosts(&self) -> Result<Vec<(HostId, String)>, StoreError>;

    /// Removes this host from the list at once.
    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError>;
}
