//! Locks that hosts hold against each other: a string with a lifetime for each.
//!
//! Guarantee: a step that is sent again, because its reply was lost, has the same result.

use std::time::Duration;

use async_trait::async_trait;

use super::encode::millis;
use super::{RedisStore, keys};
use crate::{HostLock, HostLocks, StoreError};

#[async_trait]
impl HostLocks for RedisStore {
    async fn lock(&self, lock: &HostLock, lease: Duration) -> Result<bool, StoreError> {
        let mut call = self.scripts.lock.call(&[&keys::lock(&lock.name)]);
        call.arg(&lock.holder).arg(millis(lease).max(1));
        self.connection.script("lock", &self.scripts.lock, &call).await
    }

    async fn unlock(&self, lock: &HostLock) -> Result<(), StoreError> {
        let mut call = self.scripts.unlock.call(&[&keys::lock(&lock.name)]);
        call.arg(&lock.holder);
        let released: Result<bool, StoreError> = self.connection.script("unlock", &self.scripts.unlock, &call).await;
        released.map(drop)
    }
}
