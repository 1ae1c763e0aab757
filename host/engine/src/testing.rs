//! Stores and hosts for tests of the configuration.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::active::{Follower, Loaded};
use crate::events::Events;
use crate::registry::Registry;
use crate::snapshot::{Live, Snapshot};
use vconduit_admin_types::HostProblem;
use vconduit_base::Lifetimes;
use vconduit_base::names::HostId;
use vconduit_config::Settings;
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_storage::factory::StorageContext;
use vconduit_store::Store;
use vconduit_store::redis::{RedisStore, RedisStoreOptions};
use vconduit_store::sqlite::SqliteStore;

pub fn lifetimes() -> Lifetimes {
    Settings::from_env(&|_| None).unwrap().lifetimes
}

/// A server or a file, which goes away with this value.
pub struct TestStore {
    pub store: Arc<dyn Store>,
    server: Option<Server>,
    _folder: TempDir,
}

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl TestStore {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), lifetimes()).unwrap();
        Self {
            store: Arc::new(store),
            server: None,
            _folder: folder,
        }
    }

    pub async fn redis() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server (Debian package redis-server)");
        let server = Server { child, port };
        let url = format!("redis://127.0.0.1:{port}");
        let store = loop {
            match RedisStore::connect(&url, RedisStoreOptions::new(lifetimes())).await {
                Ok(store) => break store,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        Self {
            store: Arc::new(store),
            server: Some(server),
            _folder: folder,
        }
    }

    /// Another program empties the server.
    pub fn lose_everything(&self) {
        let server = self.server.as_ref().expect("a test on Redis");
        let mut connection = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        connection.write_all(b"FLUSHALL\r\n").unwrap();
        let mut reply = [0; 5];
        connection.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"+OK\r\n");
    }
}

/// The parts of a host that follow the configuration.
pub struct TestHost {
    pub follower: Arc<Follower>,
    pub registry: Arc<Registry>,
    pub live: Live,
    pub events: Events,
    /// Results of activations.
    pub results: watch::Receiver<Option<HostProblem>>,
    /// Folder of the compiled code.
    _folder: TempDir,
}

impl TestHost {
    /// Nothing is active yet.
    pub fn on(store: Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = SandboxSettings {
            max_concurrent_calls: 2,
            cache_dir: Some(folder.path().to_owned()),
            ..SandboxSettings::default()
        };
        let storages = StorageContext {
            redis_url: None,
            data_dir: folder.path().to_owned(),
            secrets: Arc::new(|_| None),
        };
        let registry = Arc::new(Registry::new(Sandbox::new(settings).unwrap(), storages, store.clone()));
        let live: Live = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let events = Events::new(HostId::random()).0;
        let follower = Follower::new(store, registry.clone(), live.clone(), events.clone());
        Self {
            results: follower.standing().changes(),
            follower: Arc::new(follower),
            registry,
            live,
            events,
            _folder: folder,
        }
    }

    /// Starts with this configuration.
    pub async fn begin(store: Arc<dyn Store>, loaded: Loaded) -> Self {
        let mut host = Self::on(store);
        host.follower.begin(loaded).await.unwrap();
        host.results.mark_unchanged();
        host
    }

    /// Names of the chains that run.
    pub fn chains(&self) -> Vec<String> {
        self.live.load().config.chains.keys().map(ToString::to_string).collect()
    }
}

/// Defines each function as a test on both stores.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::testing::TestStore::redis().await).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::testing::TestStore::sqlite()).await;
            })*
        }
    };
}
pub(crate) use on_both;
