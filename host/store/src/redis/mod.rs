//! The working store in Redis, for any number of hosts on one server. Keys and values have the
//! forms of the Conserver, so that its programs can work on the same server.
//!
//! Guarantee: each step that changes something is one Lua script and one round trip. It happens as
//! a whole or not at all. Its durability is that of the server: with `appendonly yes` and
//! `appendfsync always` a completed step survives a crash of the server, with `everysec` all but
//! the last second do.
//!
//! Needs Redis 6.2 or newer (or Valkey). Documents are plain strings, or RedisJSON values where
//! that is wanted. Both are read.
//!
//! Redis Cluster is not supported yet, and refused. The keys of one list are in one slot already
//! (the name of the list is the hash tag), but documents, egress lists and dead letters are in
//! other slots, and the scripts use them in the same step. Sentinel is not asked for the primary
//! either. A name or an address that follows the primary works.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use self::connection::{Connection, Pace};
use self::events::Subscription;
use self::scripts::Scripts;
use self::wait::Waits;
use super::StoreError;
use vconduit_base::Lifetimes;

pub use durability::DurabilityFault;
pub use options::RedisStoreOptions;

mod arguments;
mod audit;
mod claims;
mod components;
mod config;
mod connection;
mod dead_letters;
mod documents;
mod durability;
mod encode;
mod endings;
mod errors;
mod events;
mod host_locks;
mod hosts;
mod index;
mod keys;
mod lists;
mod options;
mod recovery;
mod request;
mod revision;
mod scripts;
mod server;
mod wait;

/// The working store in Redis.
pub struct RedisStore {
    connection: Connection,
    /// Connection for the parts of components.
    large: Connection,
    scripts: Scripts,
    lifetimes: Lifetimes,
    /// Key of the sorted set of the listing: `VCON_SORTED_SET_NAME`.
    listing: String,
    /// True when documents are stored as RedisJSON values.
    json: bool,
    /// True when the server can read RedisJSON values that others have stored.
    has_json: bool,
    version: String,
    waits: Waits,
    /// Subscription to events, while there are listeners in this process.
    subscription: Subscription,
}

impl RedisStore {
    /// Connects, and examines the server.
    ///
    /// # Errors
    /// `Unavailable` when there is no server at the address within about a second. `Refused` when
    /// the URL is not understood, the password is wrong, or the server can't be used: it is too
    /// old, a Redis Cluster, or lacks RedisJSON where that is wanted.
    pub fn connect(url: &str, options: RedisStoreOptions) -> BoxFuture<'_, Result<Self, StoreError>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        Self::open(url, options).boxed()
    }

    /// Returns the settings of the server that can lose acknowledged data.
    ///
    /// # Errors
    /// When the server is unavailable.
    pub fn durability_faults(&self) -> BoxFuture<'_, Result<Vec<DurabilityFault>, StoreError>> {
        durability::faults(&self.connection).boxed()
    }

    async fn open(url: &str, options: RedisStoreOptions) -> Result<Self, StoreError> {
        let connection = Connection::new(url, Pace::SHORT)?.confirmed_by(options.wait);
        let server = server::examine(&connection).await?;
        let json = server.writes_json(options.json)?;
        Ok(Self {
            subscription: Subscription::new(connection.client()),
            large: Connection::new(url, Pace::LARGE)?,
            connection,
            scripts: Scripts::new(json, server.has_json, options.lifetimes.document_s),
            lifetimes: options.lifetimes,
            listing: options.listing,
            json,
            has_json: server.has_json,
            version: server.version,
            waits: Waits::default(),
        })
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
