//! A redis-server for one test.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::Commands as _;
use rustix::process::Signal;

/// A running redis-server. Dropping it stops it.
pub struct RedisServer {
    child: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
    durable: bool,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk.
    #[must_use]
    pub fn start() -> Self {
        Self::with(false)
    }

    /// Starts a server that writes every command to its append-only file before it responds, so
    /// that it can be killed and started again.
    #[must_use]
    pub fn durable() -> Self {
        Self::with(true)
    }

    fn with(durable: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for redis-server");
        let mut server = Self {
            child: None,
            port: crate::free_port(),
            folder,
            durable,
        };
        server.restart();
        server
    }

    /// Starts the server again, on the same port with the same data.
    ///
    /// # Panics
    /// When it does not respond within 10 s.
    pub fn restart(&mut self) {
        let append = if self.durable {
            ["--appendonly", "yes", "--appendfsync", "always"]
        } else {
            ["--appendonly", "no", "--appendfsync", "no"]
        };
        let child = Command::new("redis-server")
            .args([
                "--port",
                &self.port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
            ])
            .arg(self.folder.path())
            .args(append)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts (Debian package redis-server)");
        self.child = Some(child);
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let answered = redis::Client::open(self.url())
                .and_then(|client| client.get_connection_with_timeout(Duration::from_millis(200)))
                .and_then(|mut connection| redis::cmd("PING").query::<String>(&mut connection));
            if answered.is_ok() {
                return;
            }
            assert!(
                Instant::now() < end,
                "redis-server on port {} did not answer",
                self.port
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the process (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            crate::signal(&child, Signal::KILL);
            let _ = child.wait();
        }
    }

    /// Pauses the process (SIGSTOP): connections stay, and nothing responds.
    pub fn pause(&self) {
        if let Some(child) = &self.child {
            crate::signal(child, Signal::STOP);
        }
    }

    /// Ends a pause.
    pub fn resume(&self) {
        if let Some(child) = &self.child {
            crate::signal(child, Signal::CONT);
        }
    }

    /// Its URL: `redis://…`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns a connection, to inspect the data.
    ///
    /// # Panics
    /// When it does not respond.
    #[must_use]
    pub fn connect(&self) -> redis::Connection {
        redis::Client::open(self.url())
            .and_then(|client| client.get_connection())
            .expect("a connection to redis-server")
    }

    /// Appends an entry to a list, as another program does.
    ///
    /// # Panics
    /// When it does not respond.
    pub fn push(&self, list: &str, entry: impl redis::ToRedisArgs) {
        let _: i64 = self.connect().rpush(list, entry).expect("RPUSH");
    }

    /// Returns the error record of a dead letter of an ingress list, or `None` while there is none.
    ///
    /// # Panics
    /// When it does not respond, or the record is not JSON.
    #[must_use]
    pub fn record(&self, list: &str, id: &str) -> Option<serde_json::Value> {
        let key = format!("vconduit:dead:{{{list}}}");
        let record: Option<String> = self.connect().hget(key, id).expect("HGET");
        record.map(|text| serde_json::from_str(&text).expect("a record is JSON"))
    }

    /// Returns the entries of a list.
    ///
    /// # Panics
    /// When it does not respond.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.connect().lrange(name, 0, -1).expect("LRANGE")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
