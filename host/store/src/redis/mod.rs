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
mod endings;
mod errors;
mod events;
mod hosts;
mod index;
mod keys;
mod lists;
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
    waits: Waits,
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
