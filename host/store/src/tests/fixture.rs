//! The store of a test, with its server or file. Both are removed when the test ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::LIFETIMES;
use super::redis_server::{MODULE, RedisServer};
use crate::Store;
use crate::redis::{RedisStore, RedisStoreOptions};
use crate::sqlite::SqliteStore;
use vconduit_base::Lifetimes;
use vconduit_base::redis::RedisJson;

/// A directory that is removed when this value is dropped.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("vconduit-store-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store with its server or file.
pub struct StoreFixture {
    pub store: Arc<dyn Store>,
    /// The server of a Redis store, for commands of other programs.
    pub server: Option<RedisServer>,
    directory: Option<Directory>,
}

impl StoreFixture {
    pub async fn redis() -> Self {
        Self::redis_with(LIFETIMES, &["--appendonly", "no"]).await
    }

    pub async fn redis_with(lifetimes: Lifetimes, arguments: &[&str]) -> Self {
        let server = RedisServer::start(arguments).await;
        // With the module, the tests are those of its values.
        let options = RedisStoreOptions {
            json: RedisJson::Auto,
            ..RedisStoreOptions::new(lifetimes)
        };
        let store = RedisStore::connect(&server.url(), options).await.unwrap();
        Self {
            store: Arc::new(store),
            server: Some(server),
            directory: None,
        }
    }

    pub fn sqlite() -> Self {
        Self::sqlite_with(LIFETIMES)
    }

    pub fn sqlite_with(lifetimes: Lifetimes) -> Self {
        let directory = Directory::new();
        let store = SqliteStore::open(&directory.0, lifetimes).unwrap();
        Self {
            store: Arc::new(store),
            server: None,
            directory: Some(directory),
        }
    }

    /// Returns a store of the same kind with other lifetimes.
    pub async fn again_with(&self, lifetimes: Lifetimes) -> Self {
        match &self.server {
            Some(_) => Self::redis_with(lifetimes, &["--appendonly", "no"]).await,
            None => Self::sqlite_with(lifetimes),
        }
    }

    /// Returns true when documents are RedisJSON values. Then their text comes back in the form of
    /// the server.
    pub fn has_json(&self) -> bool {
        self.server.is_some() && std::env::var(MODULE).is_ok()
    }

    /// Opens the file of a SQLite store, to damage it.
    pub fn sqlite_file(&self) -> rusqlite::Connection {
        let directory = self.directory.as_ref().expect("a test on SQLite");
        let file = rusqlite::Connection::open(directory.0.join("vconduit.sqlite3")).unwrap();
        file.busy_timeout(Duration::from_secs(20)).unwrap();
        file
    }

    pub fn server(&self) -> &RedisServer {
        self.server.as_ref().expect("a test on Redis")
    }
}
