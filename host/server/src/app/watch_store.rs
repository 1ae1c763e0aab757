//! Watches the working store while the host runs.
//!
//! Guarantee: `/ready` and the metric follow the store within a second. The log says once that the
//! store is unavailable, and once that it is available again.

use std::sync::Arc;
use std::time::Duration;

use vconduit_api::Readiness;
use vconduit_store::Store;
use vconduit_telemetry::metrics;

/// Time between two checks.
const INTERVAL: Duration = Duration::from_millis(500);
/// Name of the store among the parts that `/ready` reports.
const PART: &str = "store";

/// Checks the store until the task is dropped.
pub(super) async fn run(store: Arc<dyn Store>, readiness: Arc<Readiness>) {
    let mut is_available = true;
    metrics::store_up(true);
    loop {
        match store.ping().await {
            Ok(()) if !is_available => {
                is_available = true;
                metrics::store_up(true);
                readiness.clear(PART);
                tracing::info!("the working store is available again; runs continue");
            }
            Ok(()) => {}
            Err(error) if is_available => {
                is_available = false;
                metrics::store_up(false);
                readiness.hold(PART, error.to_string());
                tracing::warn!(%error, "waiting for the working store");
            }
            Err(_) => {}
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
