//! Takes vCons from their lists and runs them through their chains, many at once.
//!
//! Guarantee: nothing is claimed that can't start at once: a permit comes before a claim. Every
//! claim is renewed while its run is in progress, and no longer. On a stop nothing more is claimed,
//! runs in flight finish, and those that do not finish in time go back to the head of their list.
//! Entries that have lost a lease run one at a time. A chain has no more runs than its limit.

mod alone;
mod dispatch;
mod lease;
mod lists;
mod reap;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chain::ChainRunner;
use crate::events::Events;
use crate::snapshot::Live;
use vconduit_base::names::{ChainName, HostId};
use vconduit_store::Store;

use alone::Turns;
use lease::Leases;
use lists::Lists;

/// The settings of a worker.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Runs in progress at once.
    pub concurrency: usize,
    /// The length of a claim without renewal. A crash delays a vCon by one and a half times as
    /// much.
    pub lease: Duration,
    /// The number of lost leases that makes an entry a dead letter.
    pub max_lost_leases: u32,
    /// The time that a stop waits for runs in flight.
    pub drain: Duration,
    /// The chains that this host runs, also those that are added to the configuration later. Empty:
    /// all.
    pub chains: BTreeSet<ChainName>,
}

/// The worker of a host.
pub struct Worker {
    store: Arc<dyn Store>,
    live: Live,
    runner: Arc<ChainRunner>,
    settings: WorkerSettings,
    host: HostId,
    events: Events,
    permits: Arc<Semaphore>,
    leases: Arc<Leases>,
    turns: Turns,
    lists: Arc<Lists>,
    runs: TaskTracker,
    /// Cancelled: nothing more is claimed.
    draining: CancellationToken,
    /// Cancelled: runs in flight are given back.
    giving_back: CancellationToken,
}

impl Worker {
    /// Builds a worker; nothing runs yet.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        live: Live,
        runner: Arc<ChainRunner>,
        settings: WorkerSettings,
        host: HostId,
        events: Events,
    ) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            leases: Arc::new(Leases::default()),
            turns: Turns::default(),
            lists: Arc::default(),
            runs: TaskTracker::new(),
            draining: CancellationToken::new(),
            giving_back: CancellationToken::new(),
            store,
            live,
            runner,
            settings,
            host,
            events,
        })
    }

    /// Works until `stop` is cancelled, then drains. To be called on the runtime that links run on.
    pub fn run(self: Arc<Self>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.run_until(stop).boxed()
    }

    async fn run_until(self: Arc<Self>, stop: CancellationToken) {
        let helpers = TaskTracker::new();
        helpers.spawn(self.clone().renew_leases());
        helpers.spawn(self.clone().reap_leases());
        helpers.spawn(self.clone().watch_lists());
        let dispatcher = tokio::spawn(self.clone().dispatch());
        stop.cancelled().await;
        self.draining.cancel();
        self.drain(dispatcher).await;
        self.leases.close();
        helpers.close();
        helpers.wait().await;
    }

    /// Runs in progress now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.runs.len()
    }

    /// Waits for runs in flight, then gives back those that are left.
    async fn drain(&self, dispatcher: tokio::task::JoinHandle<()>) {
        // The dispatcher starts the runs of a claim that is under way when the stop comes.
        if let Err(error) = dispatcher.await {
            tracing::error!(%error, "the dispatcher panicked");
        }
        self.runs.close();
        let in_flight = self.runs.len();
        if in_flight > 0 {
            tracing::info!(
                in_flight,
                drain_ms = self.settings.drain.as_millis(),
                "claiming has stopped; waiting for runs in flight"
            );
        }
        if tokio::time::timeout(self.settings.drain, self.runs.wait())
            .await
            .is_err()
        {
            tracing::info!(left = self.runs.len(), "giving runs in flight back to their lists");
            self.giving_back.cancel();
            self.runs.wait().await;
        }
    }
}
