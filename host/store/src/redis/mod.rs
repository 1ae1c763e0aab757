//! The working store in Redis, for any number of hosts on one server. Keys and values have the
//! forms of the Conserver, so that its programs can work on the same server.
//!
//! Guarantee: each step that changes something is one Lua script and one round trip. It happens as
//! a whole or not at all. Its durability is that of the server: with `appendonly yes` and
//! `appendfsync always` a completed step survives a crash of the server, with `everysec` all but
//! the last second do.
//!
//! Needs Redis 6.2 or newer (or Valkey). RedisJSON is used when the server has it.
//!
//! Redis Cluster is not supported yet. The keys of one list are in one slot already (the name of
//! the list is the hash tag), but documents, egress lists and dead letters are in other slots, and
//! the scripts use them in the same step. Sentinel is not asked for the primary either. A name or
//! an address that follows the primary works.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use self::connection::{Connection, Pace};
use self::events::Subscription;
use self::scripts::Scripts;
use self::wait::Waits;
use super::StoreError;
use vconduit_base::Lifetimes;

mod arguments;
mod audit;
mod claims;
mod components;
mod config;
mod connection;
mod dead_letters;
mod documents;
mod encode;
mod endings;
mod errors;
mod events;
mod hosts;
mod index;
mod keys;
mod lists;
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
    version: String,
    waits: Waits,
    /// Subscription to events, while there are listeners in this process.
    subscription: Subscription,
}

impl RedisStore {
    /// Connects, and examines the server. `sorted_set_name` is `VCON_SORTED_SET_NAME`, `vcons` by
    /// default.
    ///
    /// # Errors
    /// `Unavailable` when there is no server at the address within about a second. `Refused` when
    /// the URL is not understood, the password is wrong, or the server is too old.
    pub fn connect<'a>(
        url: &'a str,
        lifetimes: Lifetimes,
        sorted_set_name: &'a str,
    ) -> BoxFuture<'a, Result<Self, StoreError>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        Self::open(url, lifetimes, sorted_set_name).boxed()
    }

    async fn open(url: &str, lifetimes: Lifetimes, sorted_set_name: &str) -> Result<Self, StoreError> {
        let connection = Connection::new(url, Pace::SHORT)?;
        let server = server::examine(&connection).await?;
        Ok(Self {
            subscription: Subscription::new(connection.client()),
            large: Connection::new(url, Pace::LARGE)?,
            connection,
            scripts: Scripts::new(server.json, lifetimes.document_s),
            lifetimes,
            listing: sorted_set_name.to_owned(),
            json: server.json,
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
