//! The working store in Redis: any number of hosts on one server, keys and shapes as in the Conserver, so that its
//! programs and ours can work side by side.
//!
//! Guarantee: each step that changes something is one Lua script, so it happens as a whole or not at all, and one
//! round trip. How long "happened" lasts is a matter of the server's own persistence: with `appendonly yes` and
//! `appendfsync always` an answered step survives a crash of the server, with `everysec` all but the last second.
//!
//! Needs Redis 6.2 or newer (or Valkey). RedisJSON is used when the server has it.
//!
//! Not supported yet: Redis Cluster. What belongs to one list is in one slot already (the list's name is the hash
//! tag), but documents, egress lists and dead letters are in other slots, and the scripts take them in the same step.
//! Sentinel is not asked for the primary either; a name or address that moves to the new primary works.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::MultiplexedConnection;

use self::bus::Subscription;
use self::connection::{Connection, Pace};
use self::scripts::Scripts;
use super::{
    Checkpoint, Claim, DeadLetter, Effects, ErrorRecord, Guarded, NewDocument, Reaped, Store, StoreError, Stored, Write,
};
use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::names::{ClaimId, HostId, ListName};
use vconduit_base::{ConfigEntries, Lifetimes};

mod arguments;
mod audit;
mod bus;
mod claims;
mod components;
mod config;
mod connection;
mod dead_letters;
mod documents;
mod endings;
mod errors;
mod hosts;
mod index;
mod keys;
mod lists;
mod mending;
mod recovery;
mod revision;
mod scripts;
mod server;
mod wait;

/// See the module.
pub struct RedisStore {
    connection: Connection,
    /// For the parts of components.
    large: Connection,
    scripts: Scripts,
    lifetimes: Lifetimes,
    /// The sorted set of the listing: `VCON_SORTED_SET_NAME`.
    listing: String,
    /// Whether documents are kept as RedisJSON values.
    json: bool,
    version: String,
    /// Connections that have waited on a list and wait for the next use.
    resting: Mutex<Vec<MultiplexedConnection>>,
    /// To what is published, while someone in this process listens.
    subscription: Subscription,
}

impl RedisStore {
    /// Connects, and finds out what the server can do. `sorted_set_name` is `VCON_SORTED_SET_NAME`, `vcons` by default.
    ///
    /// # Errors
    /// `Away` when there is no server at the address within about a second; `Refused` when the URL is not understood,
    /// the password is wrong, or the server is too old.
    pub async fn connect(url: &str, lifetimes: Lifetimes, sorted_set_name: &str) -> Result<Self, StoreError> {
        let connection = Connection::new(url, Pace::SHORT)?;
        let server = server::examine(&connection).await?;
        Ok(Self {
            subscription: Subscription::new(connection.client()),
            large: Connection::new(url, Pace::LARGE)?,
            connection,
            scripts: Scripts::new(server.json),
            lifetimes,
            listing: sorted_set_name.to_owned(),
            json: server.json,
            version: server.version,
            resting: Mutex::new(Vec::new()),
        })
    }

    fn rest(&self, connection: MultiplexedConnection) {
        self.resting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
    }

    fn rested(&self) -> Option<MultiplexedConnection> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore")
            .field("connection", &self.connection)
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}

/// Each method is in the file named in front of it. Components, hosts, bus, mending and audit log are in the files of
/// their names.
#[async_trait]
impl Store for RedisStore {
    // documents.rs
    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        self.put_document(&document).await
    }
    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        self.restore_document(id, text, created_at_s).await
    }
    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        self.get_documents(ids).await
    }
    async fn write(&self, write: Write) -> Result<Guarded, StoreError> {
        self.write_document(&write).await
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

    // wait.rs
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
        self.note_checkpoint(claim, checkpoint, write.as_ref(), effects).await
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
        self.finish_claim(claim, current, write.as_ref(), effects, egress).await
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
        self.park_claim(claim, checkpoint, write.as_ref(), effects, hand_off, at_most)
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

    // server.rs
    async fn ping(&self) -> Result<(), StoreError> {
        self.check_server().await
    }
    fn describe(&self) -> String {
        self.describe_server()
    }
}
