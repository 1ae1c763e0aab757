//! Hosts: who works on this store now.
//!
//! Guarantee: a host that does not announce itself again in time is not listed any more, by the store's own clock; a
//! host with a wrong clock does no harm.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use vconduit_base::names::HostId;

/// See the module.
#[async_trait]
pub trait Hosts {
    /// Says that this host is there, for `ttl` from now, and what it reports (a JSON text). The last report counts.
    async fn announce(&self, host: &HostId, report: &str, ttl: Duration) -> Result<(), StoreError>;

    /// The hosts that are there, by id, each with its last report.
    async fn hosts(&self) -> Result<Vec<(HostId, String)>, StoreError>;

    /// Says that this host is gone, without waiting for its time to run out.
    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError>;
}
