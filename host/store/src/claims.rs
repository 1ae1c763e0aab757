//! Claims: a worker takes an entry of an ingress list, holds it by a lease, and records the
//! progress of its run.
//!
//! Guarantee: an entry is on its list or under exactly one claim. A step with a claim that was lost
//! changes nothing.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Revision, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, HostId, ListName};

/// Entries in the trail of a vCon. Enough for a chain of chains with retries, and bounded for a
/// vCon that circulates without end.
pub(super) const MAX_TRAIL_ENTRIES: u32 = 20;

/// A worker's hold on one entry of an ingress list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// Id of the claim.
    pub id: ClaimId,
    /// List that the entry came from.
    pub list: ListName,
    /// The entry as it was on the list: the original id, which dead letters carry.
    pub vcon: VconId,
    /// Progress of the run. The default for an entry that no worker has had.
    pub checkpoint: Checkpoint,
    /// Number of leases that were lost on this entry before this claim.
    pub lost_leases: u32,
    /// Trace context of the entry.
    pub context: Option<String>,
}

/// A document that has to be in the store for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededDocument {
    /// Id of the document.
    pub id: VconId,
    /// State that it has to be in. Absent: any.
    pub revision: Option<Revision>,
}

/// Changes that a run makes in the same step as the write of its document.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Ids to append to lists, in order. The list names are exact.
    pub push: Vec<(ListName, VconId)>,
    /// New lifetimes of vCons, as with [`super::DocumentStore::expire`]. Unknown ids are skipped.
    /// That of the vCon of this run begins after the run.
    pub expire: Vec<(VconId, i64)>,
    /// Document that the step needs. Without it the step changes nothing and returns
    /// [`Guarded::Gone`] or [`Guarded::Conflict`].
    pub needs: Option<NeededDocument>,
    /// Entry for the trail of the vCon, a JSON text: the progress and the results of this run. It
    /// is added to the trail of the claimed id, and of the current vCon when the run has switched.
    /// The last 20 entries of a vCon are kept for [`vconduit_base::Lifetimes::trail_s`]. A repeated
    /// step adds it once.
    pub trail: Option<String>,
}

impl Effects {
    /// Returns true when no step is needed. A trail alone needs none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.push.is_empty() && self.expire.is_empty()
    }
}

/// Result of a conditional step. Only `Done` has changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// The whole step was done. Holds the new revision of the document, if one was written.
    Done(Option<Revision>),
    /// The claim is lost: its lease ran out, and the entry was returned or has another claim.
    LostClaim,
    /// The document was changed since it was read. Read it again, apply the edits again, retry.
    Conflict,
    /// The document is not found: it was deleted or has expired.
    Gone,
}

/// Takes entries under claims, and keeps claims.
#[async_trait]
pub trait ClaimStore {
    /// Takes up to `count` entries from the head of a list, each under a claim with a lease. An
    /// entry that can't be a vCon id (empty, too long, control characters) becomes a dead letter
    /// with a record.
    async fn claim(
        &self,
        list: &ListName,
        host: &HostId,
        count: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Renews leases, from now. Returns the claims that are lost.
    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError>;

    /// Renews leases, from now, and notes that the runs begin. A lease that runs out counts as lost
    /// only after this or a checkpoint: an entry that no worker has run has harmed none. Returns
    /// the claims that are lost.
    async fn begin(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError>;

    /// Writes the document (if given), applies the effects and stores the checkpoint. The claim
    /// stays.
    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError>;

    /// Returns the claims on a list in the order in which they were taken, each with its host.
    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError>;

    /// Returns the trail of a vCon, the oldest entry first (see [`Effects::trail`]). Empty when the
    /// lifetime of the trail has passed, and when trails are off.
    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError>;
}
