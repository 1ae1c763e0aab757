//! The working store: live vCons, their indexes, lists, claims and the running configuration.
//!
//! Guarantee: every method that changes something is one atomic step. After it answers `Ok`, the change survives
//! the death of this process; where it answers an error, either nothing of it or all of it has happened, and the
//! step can be repeated. A vCon id is at any moment in exactly one of: a list, a claim, a dead-letter list, done.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::ConfigEntries;
use vconduit_base::names::{ChainName, ClaimId, Digest, HostId, LinkName, ListName};

mod audit;
mod bus;
mod components;
mod hosts;
mod mending;
mod progress;
pub mod redis;
pub mod sqlite;

pub use audit::AuditLog;
pub use bus::Bus;
pub use components::Components;
pub use hosts::Hosts;
pub use mending::Mending;
pub use progress::Progress;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]
mod tests;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is away. Worth a retry; the text says where it was looked for, without credentials.
    #[error("the working store is away ({0}); work goes on when it is back")]
    Away(String),
    /// The store refused: a key holds another type, the disk is full, a damaged value.
    #[error("the working store refused {operation}: {reason}")]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// What the store said.
        reason: String,
    },
    /// The embedded file belongs to another process.
    #[error(
        "{path} is in use by process {pid}; stop that one, or give this one another VCONDUIT_DATA_DIR or a REDIS_URL"
    )]
    InUse {
        /// The file.
        path: String,
        /// The process that holds it.
        pid: u32,
    },
}

/// Which state of a document was read. Opaque; equal exactly when the stored text is the same state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Revision(pub Box<str>);

/// A document as the store has it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The JSON text.
    pub text: Text,
    /// Its state, for a later conditional write.
    pub revision: Revision,
}

/// A document to be stored, with all that belongs to it.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Its id.
    pub id: VconId,
    /// Its JSON text.
    pub text: Text,
    /// Its place in the listing: `created_at` in whole Unix seconds. Absent: not listed.
    pub created_at_s: Option<i64>,
    /// Its party indexes, in party order.
    pub index: Vec<(IndexKind, String)>,
    /// Lists to append the id to, in order, in the same step.
    pub push_to: Vec<ListName>,
    /// The trace context that goes with the ids (`spec/conserver.md` §2.4, a JSON object), if there is one.
    pub context: Option<String>,
}

/// A worker's hold on one entry of an ingress list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The list that the entry came from.
    pub list: ListName,
    /// The entry as it was on the list: the original id, which dead letters carry.
    pub vcon: VconId,
    /// Where the run stands. The default for an entry that no one has worked on.
    pub checkpoint: Checkpoint,
    /// How many leases were lost on this entry before this claim.
    pub lost_leases: u32,
    /// The trace context that was with the entry, if any.
    pub context: Option<String>,
}

/// How far a chain run has come. The default is that of a run that has not begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The chain that it was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainName>,
    /// The index of the next link, from 0, in the chain as it was when this was written; the number of links when only
    /// storages and egress were left. It counts only where `progress` is absent.
    #[serde(default)]
    pub next_link: u32,
    /// The place in the chain by the names of the links. Absent: the run has not begun, or an older host wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The vCon that the run is about now, when a link switched to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<VconId>,
    /// When the run began, in Unix milliseconds; the chain deadline counts from here. 0: not begun.
    #[serde(default)]
    pub began_ms: u64,
    /// Versions of links to run instead of the active ones: a retry that someone asked for with another version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<LinkName, Digest>,
}

/// What a run does to the store beside the document, in the same step.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Ids to append to lists, in order. The names are exact.
    pub push: Vec<(ListName, VconId)>,
    /// New lifetimes of vCons in seconds; 0 or less deletes at once; unknown ids are passed over.
    pub expire: Vec<(VconId, i64)>,
    /// What to note in the trail of the vCon, a JSON text: how far this run came, and with what. It goes to the entry, and when
    /// the run has switched to the current vCon too. The last 20 of a vCon are kept for [`Lifetimes::trail_s`]; a step
    /// that is asked for again notes it once.
    pub trail: Option<String>,
}

impl Effects {
    /// Whether there is nothing to do. A trail alone is no reason for a step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.push.is_empty() && self.expire.is_empty()
    }
}

/// A conditional write of a document.
#[derive(Debug, Clone)]
pub struct Write {
    /// The document's id.
    pub id: VconId,
    /// The new JSON text. The remaining lifetime stays as it is.
    pub text: Text,
    /// The state that the change was made on.
    pub expected: Revision,
}

/// How a step guarded by a claim ended. Only `Done` has changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// All of it happened. The revision is that of the document written, if one was.
    Done(Option<Revision>),
    /// The claim is no longer this worker's: its lease ran out and someone else has the entry.
    LostClaim,
    /// The document was changed since it was read: read it again, apply the edits again, try again.
    Conflict,
    /// The document is gone (expired or deleted).
    Gone,
}

/// Why an entry is in a dead-letter list. Kept beside the list: `GET /dlq` still answers bare ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The chain that failed.
    pub chain: Option<ChainName>,
    /// The link that failed; absent when no link was running.
    pub link: Option<LinkName>,
    /// The digest of the component that ran.
    pub version: Option<String>,
    /// The class of the fault, for programs: `options`, `vcon`, `service`, `trap`, `limit`, `storage`,
    /// `chain-changed`, …
    pub class: String,
    /// For people. Bounded by the writer; no secrets, no document content.
    pub message: String,
    /// Tries made.
    pub attempts: u32,
    /// The vCon that the run was about, when a link had switched.
    pub current: Option<VconId>,
    /// When, in Unix milliseconds.
    pub at_ms: u64,
}

/// A dead letter: the entry and its record. The record is absent where a third party pushed the id.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// The id as it was on the ingress list.
    pub vcon: VconId,
    /// Why it is here.
    pub record: Option<ErrorRecord>,
}

/// What a reaping found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Entries given back to the head of their list.
    pub returned: Vec<VconId>,
    /// Entries with too many lost leases, now dead letters.
    pub dead: Vec<VconId>,
}

/// The working store. Two sides: [`redis::RedisStore`] and [`sqlite::SqliteStore`]; every test of the store runs on both.
///
/// Every method fails with [`StoreError::Away`] when the store can't be reached (after the adapter's own short
/// retry) and with [`StoreError::Refused`] when it says no.
#[async_trait]
pub trait Store: Components + Hosts + Bus + Mending + AuditLog + Send + Sync + 'static {
    /// Stores a document (overwriting one with the same id), its indexes, and appends it to lists.
    async fn put(&self, document: NewDocument) -> Result<(), StoreError>;

    /// Stores a document that came from elsewhere, with its place in the listing, unless there is one with its id: what is here may be
    /// newer. Whether it was stored.
    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError>;

    /// Reads documents, in the order asked.
    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError>;

    /// Reads one document. None if there is none.
    async fn get_one(&self, id: &VconId) -> Result<Option<Stored>, StoreError> {
        let found = self.get(std::slice::from_ref(id)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Writes a document outside of any claim if it is still in the state expected. `Done`, `Conflict` or `Gone`.
    async fn write(&self, write: Write) -> Result<Guarded, StoreError>;

    /// Deletes a document and its place in the listing. False if there was none.
    async fn delete(&self, id: &VconId) -> Result<bool, StoreError>;

    /// The remaining lifetime of a document in seconds: absent document → `None`, no limit → `Some(-1)`.
    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError>;

    /// Gives a document a new lifetime; 0 or less deletes it at once. False if there is none.
    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError>;

    /// Ids by `created_at`, newest first (`spec/conserver.md` R4). Both bounds inclusive, Unix seconds. `count` < 0: all.
    async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError>;

    /// For each term the ids that carry it (bare texts, no order).
    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError>;

    /// Ids of all stored documents, a page at a time: pass the cursor of the last answer, `None` first; `None` back: the end.
    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError>;

    /// Adds a stored document to the listing and the party indexes again (`spec/conserver.md` R18).
    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError>;

    /// Appends ids to a list, all in one step, with the trace context for each.
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError>;

    /// Takes up to `count` entries from the tail of a list (`spec/conserver.md` R6: newest first).
    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError>;

    /// The number of entries of a list; 0 for one that does not exist.
    async fn depth(&self, list: &ListName) -> Result<u64, StoreError>;

    /// The entries of a list from its head, as they are.
    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError>;

    /// Waits until a list has an entry, at most this long. Moves nothing. Takes no part of what other calls need.
    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError>;

    /// Takes up to `count` entries from the head of a list, each under a claim with a lease. An entry that can't be
    /// a vCon id (empty, too long, control characters) goes to the dead letters at once, with a record.
    async fn claim(
        &self,
        list: &ListName,
        host: &HostId,
        count: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Renews leases; answers the claims that are lost.
    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError>;

    /// Writes the document (if given) and the effects, and notes how far the run has come. The claim stays.
    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError>;

    /// Ends a claim well: writes the document (if given) and the effects, appends the current id to the egress lists.
    /// A stopped run is one without egress lists.
    async fn finish(
        &self,
        claim: &Claim,
        current: &VconId,
        write: Option<Write>,
        effects: &Effects,
        egress: &[ListName],
    ) -> Result<Guarded, StoreError>;

    /// Ends a claim badly: the entry goes to the dead letters of its list with the record, and the vCon gets the
    /// dead-letter lifetime. The trail is noted as with [`Effects::trail`]. `Done` or `LostClaim`.
    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError>;

    /// Adds a dead letter without a claim: for a storage that keeps failing (`DLQ:storage:<name>`).
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError>;

    /// Gives an entry back to the head of its list with its checkpoint; does not count as a lost lease.
    async fn hand_back(&self, claim: &Claim) -> Result<Guarded, StoreError>;

    /// Parks a run: writes the document and the effects, appends the current id to `hand_off`, keeps the checkpoint and
    /// drops the claim. The run goes on when the id comes back on `resume:<list>`, or ends in the dead letters
    /// when `at_most` has passed.
    async fn park(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
        hand_off: &ListName,
        at_most: Duration,
    ) -> Result<Guarded, StoreError>;

    /// Moves parked entries whose id has come back on `resume:<list>` to the head of `list`, and entries that were parked too long to
    /// the dead letters. An id on `resume:<list>` that was not parked goes to the dead letters of `list`, unless
    /// it is one already (it came back too late).
    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError>;

    /// Gives entries with expired leases back to the head of their list, or to the dead letters after `max_lost` of them.
    async fn reap(&self, list: &ListName, max_lost: u32) -> Result<Reaped, StoreError>;

    /// The claims on a list, for people: each with the host that holds it.
    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError>;

    /// The dead letters of an ingress list with their records, oldest first.
    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError>;

    /// Moves up to `count` dead letters of an ingress list back to its tail, oldest first, each move atomic;
    /// forgets their records and checkpoints. Answers how many.
    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError>;

    /// The configuration in the store, and its revision; 0 when there is none yet.
    async fn load_config(&self) -> Result<(u64, ConfigEntries), StoreError>;

    /// Replaces the configuration in the store as a whole; answers the new revision. With `expected`, only if the revision is still
    /// that one (else the current revision comes back as `Err`). An entry for the audit log is added in the same step, or not at all.
    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<u64>,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError>;

    /// The revision of the configuration, cheap enough to ask twice a second.
    async fn config_revision(&self) -> Result<u64, StoreError>;

    /// Whether the store answers, and takes writes.
    async fn ping(&self) -> Result<(), StoreError>;

    /// What kind of store this is and how it was set up, for the log (no credentials).
    fn describe(&self) -> String;
}
