//! The worker of a host, and its report to other hosts.

use std::sync::Arc;
use std::time::Duration;

use super::HostInfo;
use super::services::Services;
use super::stores::Stores;
use vconduit_config::Settings;
use vconduit_engine::chain::ChainRunner;
use vconduit_engine::control::{StorageLetters, StorageRetry};
use vconduit_engine::figures::guest::GuestRecorder;
use vconduit_engine::hosts::Heartbeat;
use vconduit_engine::worker::{Worker, WorkerSettings};
use vconduit_sandbox::probe::SystemEnvironment;
use vconduit_storage::runner::SavePolicy;

/// Number of lost leases after which a vCon becomes a dead letter. A vCon that ends the process of
/// its host must not be claimed again without end.
const MAX_LOST_LEASES: u32 = 5;

/// Builds the worker. It claims nothing until it is run.
pub(super) fn build(host: &HostInfo, services: &Services, stores: &Stores) -> Arc<Worker> {
    let runner = ChainRunner {
        sandbox: services.sandbox.clone(),
        store: stores.for_runs.clone(),
        documents: Arc::new(services.documents.over(stores.for_runs.clone())),
        secrets: services.secrets.clone(),
        environment: Arc::new(SystemEnvironment),
        guest_metrics: Arc::new(GuestRecorder::default()),
        stats: services.stats.clone(),
        egress: services.settings.egress,
        save_policy: SavePolicy {
            parallel: services.settings.parallel_storage,
            ..SavePolicy::default()
        },
        events: services.events.clone(),
        registry: services.registry.clone(),
        host: host.id.clone(),
        trails: services.settings.lifetimes.trail_s > 0,
    };
    Worker::new(
        stores.for_runs.clone(),
        services.live.clone(),
        Arc::new(runner),
        worker_settings(host, &services.settings),
        host.id.clone(),
        services.events.clone(),
    )
}

fn worker_settings(host: &HostInfo, settings: &Settings) -> WorkerSettings {
    WorkerSettings {
        concurrency: settings.concurrency,
        lease: Duration::from_millis(settings.lease_ms),
        max_lost_leases: MAX_LOST_LEASES,
        drain: Duration::from_millis(settings.drain_ms),
        chains: host.chains.clone(),
    }
}

/// Builds the worker that saves dead letters of storages again. `None` when it is switched off.
pub(super) fn storage_retry(services: &Services, stores: &Stores) -> Option<StorageRetry> {
    let period = Duration::from_secs(services.settings.storage_retry_s);
    if period.is_zero() {
        return None;
    }
    let (documents, live) = (services.documents.clone(), services.live.clone());
    let letters = StorageLetters::new(stores.shared.clone(), documents, live, &services.settings);
    Some(StorageRetry::new(Arc::new(letters), period))
}

/// Builds the regular report of this host to other hosts of the store.
pub(super) fn heartbeat(host: &HostInfo, services: &Services, worker: Arc<Worker>) -> Heartbeat {
    Heartbeat {
        id: host.id.clone(),
        address: host.address,
        roles: host.roles.iter().map(ToString::to_string).collect(),
        live: services.live.clone(),
        standing: services.follower.standing().clone(),
        in_flight: Box::new(move || worker.in_flight()),
    }
}
