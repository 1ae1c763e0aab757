//! Locks against other holders. The file belongs to one process, so they are in memory.
//!
//! Guarantee: the times are of a clock that never jumps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::SqliteStore;
use crate::{HostLock, HostLocks, StoreError};

/// Name → its holder, and the end of the lease (without a time: never).
pub type HeldLocks = Mutex<BTreeMap<String, (String, Option<Instant>)>>;

#[async_trait]
impl HostLocks for SqliteStore {
    async fn lock(&self, lock: &HostLock, lease: Duration) -> Result<bool, StoreError> {
        let now = Instant::now();
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, (_, until)| until.is_none_or(|until| until > now));
        if locks.get(&lock.name).is_some_and(|(holder, _)| *holder != lock.holder) {
            return Ok(false);
        }
        locks.insert(lock.name.clone(), (lock.holder.clone(), now.checked_add(lease)));
        Ok(true)
    }

    async fn unlock(&self, lock: &HostLock) -> Result<(), StoreError> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.get(&lock.name).is_some_and(|(holder, _)| *holder == lock.holder) {
            locks.remove(&lock.name);
        }
        Ok(())
    }
}
