//! Opens the working store.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::StartError;
use vconduit_config::Settings;
use vconduit_sandbox::runtime::LinksRuntime;
use vconduit_store::redis::RedisStore;
use vconduit_store::sqlite::SqliteStore;
use vconduit_store::{Store, StoreError};

/// Pause between two attempts to connect to a store that is unavailable.
const PAUSE: Duration = Duration::from_millis(500);

/// The two handles on the one working store.
///
/// A host has two runtimes: one serves the REST API, the other runs links. Each has its own handle:
///
/// - `shared` is for everything on the first runtime: the REST API, the admin API, the
///   configuration, events, and the report of this host to other hosts.
/// - `for_runs` is for the worker and its chains. On Redis it is a connection of its own on the
///   links' runtime: passing each reply from one runtime to the other cost a tenth of the
///   throughput (measured). On the embedded store it is the same handle.
///
/// [`Documents`] exist twice for the same reason. `Services::documents` reads and writes through
/// `shared`. The chain runner gets [`Documents::over`] `for_runs`: the same service with the same
/// storages over the other handle.
///
/// [`Documents`]: vconduit_engine::documents::Documents
/// [`Documents::over`]: vconduit_engine::documents::Documents::over
pub(super) struct Stores {
    pub(super) shared: Arc<dyn Store>,
    pub(super) for_runs: Arc<dyn Store>,
}

impl Stores {
    /// Opens the store that the settings name, once for each runtime.
    ///
    /// # Errors
    /// When the store refuses to open, and when `stop` is set while a Redis is unavailable.
    pub(super) async fn open(
        settings: &Settings,
        links_runtime: &LinksRuntime,
        stop: &CancellationToken,
    ) -> Result<Self, StartError> {
        let Some(url) = &settings.redis_url else {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&settings.data_dir, settings.lifetimes)?);
            return Ok(Self {
                shared: store.clone(),
                for_runs: store,
            });
        };
        let shared: Arc<dyn Store> = Arc::new(wait_for_redis(url, settings, stop).await?);
        let for_runs = redis_for_runs(url, settings, links_runtime).await?;
        Ok(Self {
            for_runs: for_runs.unwrap_or_else(|| shared.clone()),
            shared,
        })
    }
}

/// Connects to Redis. While it is unavailable, tries again until it is there; the log says so once.
async fn wait_for_redis(url: &str, settings: &Settings, stop: &CancellationToken) -> Result<RedisStore, StartError> {
    let mut is_logged = false;
    loop {
        match RedisStore::connect(url, settings.lifetimes, &settings.sorted_set).await {
            Ok(store) => return Ok(store),
            Err(error @ StoreError::Unavailable(_)) => {
                if !is_logged {
                    tracing::warn!(%error, "waiting for the working store");
                    is_logged = true;
                }
            }
            Err(error) => return Err(error.into()),
        }
        if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
            return Err(StartError::Stopped);
        }
    }
}

/// Connects to Redis on the links' runtime. `None` when that runtime has ended.
async fn redis_for_runs(
    url: &str,
    settings: &Settings,
    links_runtime: &LinksRuntime,
) -> Result<Option<Arc<dyn Store>>, StoreError> {
    let (url, lifetimes, listing) = (url.to_owned(), settings.lifetimes, settings.sorted_set.clone());
    let connecting = links_runtime.spawn(async move { RedisStore::connect(&url, lifetimes, &listing).await });
    let Some(connecting) = connecting else {
        return Ok(None);
    };
    match connecting.await {
        Ok(store) => Ok(Some(Arc::new(store?))),
        Err(_) => Ok(None),
    }
}
