//! Locks that hosts hold against each other, for work that only one of them may do at a time.
//!
//! Guarantee: a lock has at most one holder. It ends by itself when it is not renewed in time, so
//! the death of its holder blocks nobody for longer than the lease. The store's own clock decides.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// One holder's handle of a lock. Each handle is a holder of its own, also within one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLock {
    /// The work that the lock is about. Locks of the same name exclude each other.
    pub(crate) name: String,
    /// Identifies the holder.
    pub(crate) holder: String,
}

impl HostLock {
    /// Makes the handle of a new holder. It holds nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            holder: uuid::Uuid::new_v4().simple().to_string(),
        }
    }
}

/// Takes, renews and releases locks.
#[async_trait]
pub trait HostLocks {
    /// Takes the lock for `lease` from now, or renews it when this handle holds it already. Returns
    /// false when another holder has it.
    async fn lock(&self, lock: &HostLock, lease: Duration) -> Result<bool, StoreError>;

    /// Releases the lock at once, if this handle holds it.
    async fn unlock(&self, lock: &HostLock) -> Result<(), StoreError>;
}
