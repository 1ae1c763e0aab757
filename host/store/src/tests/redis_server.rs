//! A Redis server of its own for a test.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::fixture::Directory;

/// Environment variable with the path of a module that every server of the tests loads. It runs the
/// tests with RedisJSON, which the Redis packages of most distributions lack.
pub const MODULE: &str = "VCONDUIT_TEST_REDIS_MODULE";

/// A running server. Dropping it stops the process.
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
            if server.responds().await {
                return server;
            }
        }
        panic!("redis-server does not start; is it installed?");
    }

    /// Starts the process on the same port and directory as before.
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

    /// Kills the process, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    async fn responds(&mut self) -> bool {
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

    /// Runs a command of another program.
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
            .query_async(&mut self.try_raw().await.expect("the server of the test responds"))
            .await
            .unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
