//! The server: its version and modules, and its health.
//!
//! Guarantee: the features of the server are detected, not configured. They are in the log at
//! start.

use async_trait::async_trait;
use redis::{Cmd, InfoDict, Value};

use super::connection::Connection;
use super::{RedisStore, keys};
use crate::{MemoryUse, Store, StoreError};
use vconduit_base::redis::RedisJson;

/// Features of a server.
pub struct ServerInfo {
    /// Version of Redis, as the server reports it.
    pub version: String,
    /// True when the server has RedisJSON.
    pub has_json: bool,
}

impl ServerInfo {
    /// Returns true when documents are to be stored as RedisJSON values.
    ///
    /// # Errors
    /// `Refused` when they have to be, and the server does not have the module.
    pub fn writes_json(&self, wanted: RedisJson) -> Result<bool, StoreError> {
        match wanted {
            RedisJson::Never => Ok(false),
            RedisJson::Auto => Ok(self.has_json),
            RedisJson::Always if self.has_json => Ok(true),
            RedisJson::Always => Err(StoreError::Refused {
                operation: "connect",
                reason:
                    "the server has no RedisJSON, and VCONDUIT_REDISJSON is `always`; load the module, or set it to \
                         `never` for plain strings"
                        .to_owned(),
            }),
        }
    }
}

/// Asks a server for its version and for RedisJSON. Refuses a server that is too old.
pub async fn examine(connection: &Connection) -> Result<ServerInfo, StoreError> {
    let info: InfoDict = connection.run("connect", redis::cmd("INFO").arg("server")).await?;
    let version: String = info.get("redis_version").unwrap_or_default();
    if !new_enough(&version) {
        return Err(StoreError::Refused {
            operation: "connect",
            reason: format!("the server is Redis {version}; 6.2 or newer is needed (BLMOVE, LPOP with a count)"),
        });
    }
    if info.get::<String>("redis_mode").as_deref() == Some("cluster") {
        return Err(StoreError::Refused {
            operation: "connect",
            reason:
                "the server is a Redis Cluster, which is not supported: one step changes keys that a cluster keeps on \
                     several servers; use a single server, with replicas if needed"
                    .to_owned(),
        });
    }
    // A server without the module returns one nil for the command that it doesn't know.
    let known: Vec<Value> = connection
        .run("connect", redis::cmd("COMMAND").arg("INFO").arg("JSON.SET"))
        .await?;
    let has_json = known
        .iter()
        .any(|command| matches!(command, Value::Array(about) if !about.is_empty()));
    Ok(ServerInfo { version, has_json })
}

/// Accepts a version that can't be read: the server will refuse the commands that it does not have.
fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => (major, minor) >= (6, 2),
        _ => true,
    }
}

#[async_trait]
impl Store for RedisStore {
    /// Writes, which shows what a `PING` does not: a full memory, a read-only replica, a full disk.
    async fn ping(&self) -> Result<(), StoreError> {
        let mut set = Cmd::new();
        set.arg("SET").arg(keys::PING).arg("1").arg("EX").arg(60);
        self.connection.run("ping", &set).await
    }

    async fn memory_use(&self) -> Result<Option<MemoryUse>, StoreError> {
        let info: InfoDict = self
            .connection
            .run("memory use", redis::cmd("INFO").arg("memory"))
            .await?;
        let bytes = |name| info.get::<u64>(name).unwrap_or_default();
        let memory = MemoryUse {
            used_bytes: bytes("used_memory"),
            max_bytes: bytes("maxmemory"),
        };
        Ok(Some(memory).filter(|memory| memory.max_bytes > 0))
    }

    fn describe(&self) -> String {
        let form = if self.json { "RedisJSON values" } else { "plain strings" };
        format!(
            "Redis {} at {}, database {}; documents as {form}",
            self.version,
            self.connection.address(),
            self.connection.database()
        )
    }
}
