//! The working store in one SQLite file: what a first run uses, and what one machine without Redis needs.
//!
//! Guarantee: a step is answered after it is on the disk (write-ahead log, synchronous FULL), so it survives a crash
//! of this process and of the machine. The file belongs to one process at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use self::hosts::Present;
use self::lock::Lock;
use self::readers::Readers;
use self::waiters::Waiters;
use self::writer::Writer;
use super::bus::Listeners;
use super::{
    Checkpoint, Claim, DeadLetter, Effects, ErrorRecord, Guarded, NewDocument, Reaped, Store, StoreError, Stored, Write,
};
use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::clock::now_ms_signed as now_ms;
use vconduit_base::names::{ClaimId, HostId, ListName};
use vconduit_base::{ConfigEntries, Lifetimes};

mod audit;
mod bus;
mod claims;
mod components;
mod config;
mod dead_letters;
mod documents;
mod endings;
mod errors;
mod file;
mod hosts;
mod index;
mod lists;
mod lock;
mod mending;
mod readers;
mod recovery;
mod sweep;
mod trails;
mod waiters;
mod writer;

/// See the module.
pub struct SqliteStore {
    path: PathBuf,
    lifetimes: Lifetimes,
    writer: Writer,
    readers: Readers,
    waiters: Arc<Waiters>,
    hosts: Present,
    listeners: Listeners,
}

impl SqliteStore {
    /// Opens `vconduit.sqlite3` in this directory; makes both when they are not there. Blocks for some milliseconds.
    ///
    /// # Errors
    /// `InUse` when another process has the file; `Refused` when the disk says no or the file is not ours.
    pub fn open(directory: &Path, lifetimes: Lifetimes) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|error| io_refused(directory, &error))?;
        let path = directory.join("vconduit.sqlite3");
        let lock = Lock::take(directory, &path)?;
        let db = file::open_writer(&path).map_err(|fault| fault.during("open"))?;
        // Whoever had these claims is gone: the file was theirs alone. No need to wait for the leases to run out.
        db.execute("UPDATE claims SET lease_ms = 0", [])
            .map_err(|error| errors::Fault::from(error).during("open"))?;
        components::sweep_all(&db).map_err(|fault| fault.during("open"))?;
        let waiters = Arc::new(Waiters::default());
        let writer = Writer::start(db, waiters.clone(), lock).map_err(|error| io_refused(&path, &error))?;
        Ok(Self {
            readers: Readers::new(path.clone()),
            path,
            lifetimes,
            writer,
            waiters,
            hosts: Present::default(),
            listeners: Listeners::default(),
        })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn io_refused(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Refused {
        operation: "open",
        reason: format!("{}: {error}", path.display()),
    }
}

/// Each method is in the file named in front of it. Components, hosts, bus, mending and audit log are in the files of
/// their names.
#[async_trait]
impl Store for SqliteStore {
    // documents.rs
    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        self.put_document(document).await
    }
    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        self.restore_document(id, text, created_at_s).await
    }
    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        self.get_documents(ids).await
    }
    async fn write(&self, write: Write) -> Result<Guarded, StoreError> {
        self.write_document(write).await
    }
    async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        self.delete_document(id).await
    }
    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError> {
        self.document_lifetime(id).await
    }
    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError> {
        self.expire_document(id, seconds).await
    }

    // index.rs
    async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError> {
        self.list_ids(since_s, until_s, offset, count).await
    }
    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError> {
        self.search_terms(terms).await
    }
    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError> {
        self.scan_ids(cursor).await
    }
    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError> {
        self.index_document(id, created_at_s, index).await
    }

    // lists.rs
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError> {
        self.push_ids(list, ids, context).await
    }
    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        self.pop_entries(list, count).await
    }
    async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        self.list_depth(list).await
    }
    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        self.list_entries(list, offset, count).await
    }

    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError> {
        self.wait_for_entry(list, at_most).await
    }

    // claims.rs
    async fn claim(
        &self,
        list: &ListName,
        host: &HostId,
        count: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        self.claim_entries(list, host, count, lease).await
    }
    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError> {
        self.renew_leases(list, claims, lease).await
    }
    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError> {
        self.note_checkpoint(claim, checkpoint, write, effects).await
    }
    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError> {
        self.all_claims(list).await
    }

    // endings.rs
    async fn finish(
        &self,
        claim: &Claim,
        current: &VconId,
        write: Option<Write>,
        effects: &Effects,
        egress: &[ListName],
    ) -> Result<Guarded, StoreError> {
        self.finish_claim(claim, current, write, effects, egress).await
    }
    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError> {
        self.fail_claim(claim, record, trail).await
    }
    async fn hand_back(&self, claim: &Claim) -> Result<Guarded, StoreError> {
        self.hand_claim_back(claim).await
    }
    async fn park(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
        hand_off: &ListName,
        at_most: Duration,
    ) -> Result<Guarded, StoreError> {
        self.park_claim(claim, checkpoint, write, effects, hand_off, at_most)
            .await
    }

    // recovery.rs
    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError> {
        self.resume_parked(list).await
    }
    async fn reap(&self, list: &ListName, max_lost: u32) -> Result<Reaped, StoreError> {
        self.reap_expired(list, max_lost).await
    }

    // dead_letters.rs
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError> {
        self.add_dead_letter(dead_letters, id, record).await
    }
    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError> {
        self.read_dead_letters(list, offset, count).await
    }
    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        self.reprocess_dead_letters(list, count).await
    }

    // config.rs
    async fn load_config(&self) -> Result<(u64, ConfigEntries), StoreError> {
        self.read_config().await
    }
    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<u64>,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        self.replace_config(entries, expected, audit).await
    }
    async fn config_revision(&self) -> Result<u64, StoreError> {
        self.read_config_revision().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.check().await
    }
    fn describe(&self) -> String {
        format!(
            "SQLite {} in {} (this process only)",
            rusqlite::version(),
            self.path.display()
        )
    }
}
