//! The working store at start, and the watch over it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::StartError;
use vconduit_api::Readiness;
use vconduit_config::Settings;
use vconduit_sandbox::runtime::LinksRuntime;
use vconduit_store::redis::RedisStore;
use vconduit_store::sqlite::SqliteStore;
use vconduit_store::{Store, StoreError};
use vconduit_telemetry::metrics;

/// How long to wait before looking for the store again.
const PAUSE: Duration = Duration::from_millis(500);
/// The part of the readiness that the store is.
const PART: &str = "store";

/// Opens the store that the settings name. A Redis that is away is waited for, and that is said once.
pub(super) async fn open(settings: &Settings, stop: &CancellationToken) -> Result<Arc<dyn Store>, StartError> {
    let Some(url) = &settings.redis_url else {
        return Ok(Arc::new(SqliteStore::open(&settings.data_dir, settings.lifetimes)?));
    };
    let mut said = false;
    loop {
        match RedisStore::connect(url, settings.lifetimes, &settings.sorted_set).await {
            Ok(store) => return Ok(Arc::new(store)),
            Err(error @ StoreError::Unavailable(_)) => {
                if !said {
                    tracing::warn!(%error, "waiting for the working store");
                    said = true;
                }
            }
            Err(error) => return Err(error.into()),
        }
        if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
            return Err(StartError::Stopped);
        }
    }
}

/// The store as runs use it. On Redis a connection of its own that lives on the links' runtime: handing each answer from one
/// runtime to the other cost a tenth of the throughput.
pub(super) async fn for_runs(
    settings: &Settings,
    store: &Arc<dyn Store>,
    runtime: &LinksRuntime,
) -> Result<Arc<dyn Store>, StoreError> {
    let Some(url) = settings.redis_url.clone() else {
        return Ok(store.clone());
    };
    let (lifetimes, listing) = (settings.lifetimes, settings.sorted_set.clone());
    let connected = runtime.spawn(async move { RedisStore::connect(&url, lifetimes, &listing).await });
    match connected {
        Some(connected) => match connected.await {
            Ok(store) => Ok(Arc::new(store?)),
            Err(_) => Ok(store.clone()),
        },
        None => Ok(store.clone()),
    }
}

/// Says once when the store goes away and once when it is back; keeps the readiness and the metric true.
pub(super) async fn watch(store: Arc<dyn Store>, readiness: Arc<Readiness>) {
    let mut away = false;
    metrics::store_up(true);
    loop {
        match store.ping().await {
            Ok(()) if away => {
                away = false;
                metrics::store_up(true);
                readiness.clear(PART);
                tracing::info!("the working store is back; work goes on");
            }
            Ok(()) => {}
            Err(error) if !away => {
                away = true;
                metrics::store_up(false);
                readiness.hold(PART, error.to_string());
                tracing::warn!(%error, "waiting for the working store");
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
