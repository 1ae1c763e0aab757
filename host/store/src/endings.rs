//! The ways in which a claim ends.
//!
//! Guarantee: a claim ends once. Only the worker that has the claim can end it, except for
//! [`ClaimEndings::requeue_claim`], which takes the entry away from the worker.

use std::time::Duration;

use async_trait::async_trait;

use super::{Checkpoint, Claim, Effects, ErrorRecord, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

/// Ends claims.
#[async_trait]
pub trait ClaimEndings {
    /// Ends a claim after a run that succeeded: writes the document (if given), applies the effects
    /// and appends the current id to the egress lists. A stopped run has no egress lists.
    async fn finish(
        &self,
        claim: &Claim,
        current: &VconId,
        write: Option<Write>,
        effects: &Effects,
        egress: &[ListName],
    ) -> Result<Guarded, StoreError>;

    /// Ends a claim after a run that failed: the entry becomes a dead letter of its list with the
    /// record, and the vCon gets the dead-letter lifetime. The trail is stored as with
    /// [`Effects::trail`]. Returns `Done` or `LostClaim`.
    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError>;

    /// Returns an entry to the head of its list with its checkpoint. Does not count as a lost
    /// lease.
    async fn hand_back(&self, claim: &Claim) -> Result<Guarded, StoreError>;

    /// Parks a run: writes the document (if given), applies the effects, appends the current id to
    /// `hand_off`, keeps the checkpoint and ends the claim. The run continues when the id comes
    /// back on `resume:<list>`. It becomes a dead letter when `at_most` has passed.
    async fn park(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
        hand_off: &ListName,
        at_most: Duration,
    ) -> Result<Guarded, StoreError>;

    /// Takes an entry away from the worker that holds it, and returns it to the head of its list
    /// with its checkpoint. Does not count as a lost lease. Later steps of that worker return
    /// `LostClaim`. Returns false when there is no such claim.
    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError>;
}
