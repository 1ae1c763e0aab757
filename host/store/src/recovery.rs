//! Recovery of entries that no worker holds: expired leases and parked runs.
//!
//! Guarantee: recovered entries come back to the head of their list, in the order in which they
//! were taken, with their checkpoints.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Steps of one call. With 200 entries each, 10,000 entries return at once, and a call ends within
/// about a second.
pub(super) const MAX_STEPS: usize = 50;

/// Result of a recovery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Entries that were returned to the head of their list.
    pub returned: Vec<VconId>,
    /// Entries that became dead letters.
    pub dead: Vec<VconId>,
}

impl Reaped {
    /// Adds the result of a further step.
    pub(super) fn add(&mut self, step: Self) {
        self.returned.extend(step.returned);
        self.dead.extend(step.dead);
    }
}

/// Result of [`EntryRecovery::survey`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Lists with entries to recover.
    pub due: Vec<ListName>,
    /// Numbers of entries of the lists that were to be counted, in their order. 0 for a key of
    /// another type.
    pub counts: Vec<u64>,
}

/// Work in progress on the entries of an ingress list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListProgress {
    /// Number of claims.
    pub claims: u32,
    /// Number of ids that runs have handed off and wait for.
    pub parked: u32,
}

/// Recovers entries. A call takes all that are due, up to 10,000, in several atomic steps.
#[async_trait]
pub trait EntryRecovery {
    /// Returns the lists that [`Self::reap`] or [`Self::resume`] have something to do on: of these
    /// ingress lists, and of all others on which claims or parked runs were left when they went out
    /// of the configuration. Counts the entries of other lists in the same step. Cheap enough for a
    /// call every two seconds. `lease` as for [`Self::reap`].
    async fn survey(&self, ingress: &[ListName], counted: &[ListName], lease: Duration) -> Result<Survey, StoreError>;

    /// Returns the work in progress on the entries of an ingress list.
    async fn progress(&self, list: &ListName) -> Result<ListProgress, StoreError>;

    /// Returns entries with expired leases to the head of their list. If the run had begun
    /// ([`crate::ClaimStore::begin`]), it has lost a lease. An entry that has lost `max_lost`
    /// leases becomes a dead letter.
    ///
    /// `lease` is the lease of the hosts. A store that can be unavailable for hosts that live
    /// returns nothing for half a lease after a gap of half a lease in which nobody reaped, so that
    /// each of them can renew its leases first. Hosts have to reap several times within half a
    /// lease.
    async fn reap(&self, list: &ListName, max_lost: u32, lease: Duration) -> Result<Reaped, StoreError>;

    /// Moves parked entries whose id has come back on `resume:<list>` to the head of `list`.
    /// Entries that were parked too long become dead letters, but only once no id waits on
    /// `resume:<list>`: one of those may be theirs. An id on `resume:<list>` that was not
    /// parked becomes a dead letter of `list`, unless it is one already because it came back too
    /// late, or its run has continued within the last hour because it came back twice.
    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError>;

    /// Returns the ids that runs of this ingress list have handed off and wait for, sorted, each
    /// once.
    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError>;
}
