//! Opens the working store.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::StartError;
use vconduit_config::Settings;
use vconduit_sandbox::runtime::LinksRuntime;
use vconduit_store::redis::{RedisStore, RedisStoreOptions};
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
        let shared = wait_for_redis(url, &options(settings), stop).await?;
        check_durability(&shared, settings.require_durable).await?;
        let shared: Arc<dyn Store> = Arc::new(shared);
        let for_runs = redis_for_runs(url, settings, links_runtime, stop).await?;
        Ok(Self {
            for_runs: for_runs.unwrap_or_else(|| shared.clone()),
            shared,
        })
    }
}

fn options(settings: &Settings) -> RedisStoreOptions {
    RedisStoreOptions {
        listing: settings.sorted_set.clone(),
        json: settings.redis_json,
        wait: settings.redis_wait,
        ..RedisStoreOptions::new(settings.lifetimes)
    }
}

/// Warns of each setting of the server that can lose what was acknowledged.
///
/// # Errors
/// When there is one, and durability is required.
async fn check_durability(store: &RedisStore, is_required: bool) -> Result<(), StartError> {
    let faults = match store.durability_faults().await {
        Ok(faults) => faults,
        Err(error) if is_required => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "it is not known whether Redis can lose what was acknowledged");
            return Ok(());
        }
    };
    if is_required && !faults.is_empty() {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        return Err(StartError::Durability(lines.join("\n")));
    }
    for fault in faults {
        tracing::warn!("{fault}");
    }
    Ok(())
}

/// Connects to Redis. While it is unavailable, tries again until it is there; the log says so once.
async fn wait_for_redis(
    url: &str,
    options: &RedisStoreOptions,
    stop: &CancellationToken,
) -> Result<RedisStore, StartError> {
    let mut is_logged = false;
    loop {
        match RedisStore::connect(url, options.clone()).await {
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
    stop: &CancellationToken,
) -> Result<Option<Arc<dyn Store>>, StartError> {
    let (url, options, stop) = (url.to_owned(), options(settings), stop.clone());
    // It may be unavailable just now, although the first connection was made.
    let connecting = links_runtime.spawn(async move { wait_for_redis(&url, &options, &stop).await });
    let Some(connecting) = connecting else {
        return Ok(None);
    };
    match connecting.await {
        Ok(store) => Ok(Some(Arc::new(store?))),
        Err(_) => Ok(None),
    }
}
