//! Mending: what people do about single entries of lists, claims and dead letters, and what they look at for it.
//!
//! Guarantee: as everywhere in the store each change is one step, and an id is never on none of the lists that it is
//! moved between.

use async_trait::async_trait;

use super::{Checkpoint, StoreError};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

/// Entries kept in the trail of a vCon: enough for a chain of chains with retries, and bounded for a vCon that goes
/// round for ever.
pub(super) const TRAIL: u32 = 20;

/// What the names of "lists" begin with whose dead letters are those of a storage: `DLQ:storage:<name>`.
const STORAGE: &str = "storage:";

/// See the module.
#[async_trait]
pub trait Mending {
    /// Moves one dead letter of an ingress list (the oldest with this id) back to the tail of the list, and forgets
    /// its record. The run begins anew; with a checkpoint it begins there, and the checkpoint is all that it knows:
    /// for another version of a link give one that is empty but for `chain` and `versions`. False if there is no such dead letter.
    ///
    /// Refused for `storage:<name>`: those vCons have been through their chain, and there is no list to go back to.
    /// Push them to an ingress list whose chain has that storage, then drop the dead letter.
    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError>;

    /// Removes one dead letter (the oldest with this id) with its record; the document stays. Takes `storage:<name>`
    /// too. False if there is no such dead letter.
    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError>;

    /// Takes an entry away from the worker that holds it, and gives it back to the head of its list with its
    /// checkpoint; does not count as a lost lease. From then on that worker's steps answer `LostClaim`. False if
    /// there is no such claim.
    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError>;

    /// How many entries are before the first one with this id; nothing when it is not on the list. The list is
    /// searched from its head: some milliseconds for each million of entries.
    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError>;

    /// What runs did with this vCon, the oldest first (see [`super::Effects::trail`]). Nothing when its lifetime has passed
    /// or trails are off.
    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError>;

    /// The ids that runs of this ingress list have handed off and wait for, in the order of the ids, each once.
    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError>;
}

/// Whether dead letters of this list can go back to it.
pub(super) fn can_go_back(list: &ListName) -> Result<(), StoreError> {
    let Some(storage) = list.as_str().strip_prefix(STORAGE) else {
        return Ok(());
    };
    Err(StoreError::Refused {
        operation: "retry dead letter",
        reason: format!(
            "the dead letters of storage {storage:?} did not come from a list that they could go back to; push the vCon to an \
             ingress list whose chain has that storage, then drop the dead letter"
        ),
    })
}
