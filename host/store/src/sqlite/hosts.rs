//! The active hosts. The file belongs to one process, so the list is in memory.
//!
//! Guarantee: the times are of a clock that never jumps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::SqliteStore;
use crate::{HostStore, StoreError};
use vconduit_base::names::HostId;

/// Host → its last report, and the time until which it is listed (without a time: always).
pub type HostReports = Mutex<BTreeMap<HostId, (String, Option<Instant>)>>;

#[async_trait]
impl HostStore for SqliteStore {
    async fn announce(&self, host: &HostId, report: &str, ttl: Duration) -> Result<(), StoreError> {
        let until = Instant::now().checked_add(ttl);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(host.clone(), (report.to_owned(), until));
        Ok(())
    }

    async fn hosts(&self) -> Result<Vec<(HostId, String)>, StoreError> {
        let now = Instant::now();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, (_, until)| until.is_none_or(|until| until > now));
        Ok(hosts
            .iter()
            .map(|(host, (report, _))| (host.clone(), report.clone()))
            .collect())
    }

    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
        Ok(())
    }
}
