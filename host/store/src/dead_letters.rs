//! Dead letters: entries whose runs have failed, with the reason.
//!
//! Guarantee: a dead letter is an entry of the list `DLQ:<list>`, which other programs read as bare
//! ids. An id that moves between the two lists is never on neither.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, StoreError};
use vcon_document::VconId;
use vconduit_base::names::{ChainName, LinkName, ListName};

/// Prefix of the "lists" whose dead letters are those of a storage: `DLQ:storage:<name>`.
const STORAGE_PREFIX: &str = "storage:";

/// The reason why an entry is a dead letter. Kept next to the list, because `GET /dlq` returns bare
/// ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// Chain that failed.
    pub chain: Option<ChainName>,
    /// Link that failed. Absent when no link was running.
    pub link: Option<LinkName>,
    /// Digest of the component that ran.
    pub version: Option<String>,
    /// Class of the error, for programs: `options`, `vcon`, `service`, `trap`, `limit`, `storage`,
    /// `chain-changed`, …
    pub class: String,
    /// Message for people. Bounded by the writer. Holds no secrets and no document content.
    pub message: String,
    /// Number of attempts.
    pub attempts: u32,
    /// The vCon that the run was about, when a link had switched.
    pub current: Option<VconId>,
    /// Time of the failure, in Unix milliseconds.
    pub at_ms: u64,
}

/// A dead letter: the entry and its record.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// The id as it was on the ingress list.
    pub vcon: VconId,
    /// The reason. Absent when another program pushed the id.
    pub record: Option<ErrorRecord>,
}

/// Adds dead letters, reads them, and moves them back.
#[async_trait]
pub trait DeadLetterStore {
    /// Adds a dead letter without a claim, for a storage that keeps failing (`DLQ:storage:<name>`).
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError>;

    /// Returns dead letters of an ingress list with their records, the oldest first.
    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError>;

    /// Moves up to `count` dead letters of an ingress list back to its tail, the oldest first, and
    /// deletes their records and checkpoints. Each move is atomic. Returns the number of moves.
    /// Refused for `storage:<name>`, as in [`Self::retry_dead_letter`].
    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError>;

    /// Moves one dead letter of an ingress list (the oldest with this id) back to the tail of the
    /// list, and deletes its record. The run begins at the checkpoint, or anew without one. Nothing
    /// else is remembered of the old run: to run another version of a link, give a checkpoint with
    /// only `chain` and `versions`. Returns false when there is no such dead letter.
    ///
    /// Refused for `storage:<name>`: those vCons have passed their chain, and there is no list to
    /// return them to. The host saves them to that storage, then drops the dead letter.
    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError>;

    /// Removes one dead letter (the oldest with this id) and its record. The document stays. Also
    /// accepts `storage:<name>`. Returns false when there is no such dead letter.
    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError>;
}

/// Refuses a list whose dead letters can't go back to it.
pub(super) fn check_can_go_back(list: &ListName) -> Result<(), StoreError> {
    let Some(storage) = list.as_str().strip_prefix(STORAGE_PREFIX) else {
        return Ok(());
    };
    Err(StoreError::Refused {
        operation: "retry dead letter",
        reason: format!(
            "the dead letters of storage {storage:?} did not come from a list that they could go back to; save them with \
             POST /dlq/storage/reprocess"
        ),
    })
}
