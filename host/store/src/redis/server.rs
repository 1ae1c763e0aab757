//! What server this is, and whether it works.
//!
//! Guarantee: the server is asked what it can do, not told; the answer is in the log at start.

use async_trait::async_trait;
use redis::{Cmd, InfoDict, Value};

use super::connection::Connection;
use super::{RedisStore, keys};
use crate::{Store, StoreError};

/// What was found out at connect.
pub struct Server {
    pub version: String,
    pub json: bool,
}

/// Asks a server for its version and for RedisJSON.
pub async fn examine(connection: &Connection) -> Result<Server, StoreError> {
    let info: InfoDict = connection.run("connect", redis::cmd("INFO").arg("server")).await?;
    let version: String = info.get("redis_version").unwrap_or_default();
    if !new_enough(&version) {
        return Err(StoreError::Refused {
            operation: "connect",
            reason: format!("the server is Redis {version}; 6.2 or newer is needed (BLMOVE, LPOP with a count)"),
        });
    }
    // A server without the module answers with one nil for the command that it doesn't know.
    let known: Vec<Value> = connection
        .run("connect", redis::cmd("COMMAND").arg("INFO").arg("JSON.SET"))
        .await?;
    let json = known
        .iter()
        .any(|command| matches!(command, Value::Array(about) if !about.is_empty()));
    Ok(Server { version, json })
}

/// A version that can't be read is let in: the server will say itself what it can't do.
fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => (major, minor) >= (6, 2),
        _ => true,
    }
}

#[async_trait]
impl Store for RedisStore {
    /// A write shows what a `PING` does not: a full memory, a read-only replica, a disk that takes no more.
    async fn ping(&self) -> Result<(), StoreError> {
        let mut set = Cmd::new();
        set.arg("SET").arg(keys::PING).arg("1").arg("EX").arg(60);
        self.connection.run("ping", &set).await
    }

    fn describe(&self) -> String {
        let form = if self.json {
            "RedisJSON values"
        } else {
            "plain strings (the server has no RedisJSON)"
        };
        format!(
            "Redis {} at {}, database {}; documents as {form}",
            self.version,
            self.connection.address(),
            self.connection.database()
        )
    }
}
