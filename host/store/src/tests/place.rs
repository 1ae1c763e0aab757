//! Where a test runs: a store, and what it needs underneath, gone when the test ends.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::LIFETIMES;
use crate::Store;
use crate::redis::RedisStore;
use crate::sqlite::SqliteStore;
use vconduit_base::Lifetimes;

/// The path of a module that every server of the tests loads: how the tests are run with RedisJSON, which the Redis
/// packages of most distributions lack.
pub const MODULE: &str = "VCONDUIT_TEST_REDIS_MODULE";

/// A directory that is removed with this value.
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

/// A server of its own for a test. Ends with this value, by its process handle.
pub struct RedisServer {
    child: Option<Child>,
    pub port: u16,
    options: Vec<String>,
    directory: Directory,
}

impl RedisServer {
    pub async fn start(options: &[&str]) -> Self {
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            let mut server = Self {
                child: None,
                port,
                options,
                directory: Directory::new(),
            };
            server.spawn();
            if server.answers().await {
                return server;
            }
        }
        panic!("redis-server does not start; is it installed?");
    }

    /// The process, on the same port and directory as before.
    pub fn spawn(&mut self) {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", ""])
            .arg("--dir")
            .arg(&self.directory.0)
            .args(&self.options)
            .args(
                std::env::var(MODULE)
                    .ok()
                    .map(|path| ["--loadmodule".to_owned(), path])
                    .into_iter()
                    .flatten(),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("redis-server is needed for the tests of the store"));
    }

    /// Cuts all connections every few milliseconds, until the task is aborted.
    pub fn cut_connections(&self) -> tokio::task::JoinHandle<()> {
        let client = redis::Client::open(self.url()).unwrap();
        tokio::spawn(async move {
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let mut kill = redis::cmd("CLIENT");
            kill.arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]);
            loop {
                kill.query_async::<i64>(&mut connection).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }

    /// As a crash: no goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    async fn answers(&mut self) -> bool {
        for _ in 0..200 {
            if self
                .child
                .as_mut()
                .is_some_and(|child| child.try_wait().unwrap().is_some())
            {
                return false;
            }
            if self.try_raw().await.is_some() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    async fn try_raw(&self) -> Option<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.url())
            .unwrap()
            .get_multiplexed_async_connection()
            .await
            .ok()
    }

    /// A command from a third party.
    pub async fn raw<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        self.raw_bytes(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
            .await
    }

    pub async fn raw_bytes<T: redis::FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command
            .query_async(&mut self.try_raw().await.expect("the test's server"))
            .await
            .unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A store, with what is underneath.
pub struct Place {
    pub store: Arc<dyn Store>,
    /// On Redis: the server, for what third parties do.
    pub server: Option<RedisServer>,
    directory: Option<Directory>,
}

impl Place {
    pub async fn redis() -> Self {
        Self::redis_with(LIFETIMES, &["--appendonly", "no"]).await
    }

    pub async fn redis_with(lifetimes: Lifetimes, options: &[&str]) -> Self {
        let server = RedisServer::start(options).await;
        let store = RedisStore::connect(&server.url(), lifetimes, "vcons").await.unwrap();
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

    /// The same kind of place with other lifetimes.
    pub async fn again_with(&self, lifetimes: Lifetimes) -> Self {
        match &self.server {
            Some(_) => Self::redis_with(lifetimes, &["--appendonly", "no"]).await,
            None => Self::sqlite_with(lifetimes),
        }
    }

    /// Whether documents are RedisJSON values here: then their text comes back in the server's own form.
    pub fn has_json(&self) -> bool {
        self.server.is_some() && std::env::var(MODULE).is_ok()
    }

    /// On SQLite: the file, for what a fault of the disk does.
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
