//! Builds every part of a host once, and owns its tasks: start, drain, stop.
//!
//! Guarantee: the address accepts requests as soon as the store is available. `/ready` reports
//! success only when chains can run. A stop lets active runs finish or returns them to their lists,
//! and then ends every task.

mod api;
mod error;
mod ingress;
mod reload;
pub(crate) mod services;
mod stores;
mod tasks;
mod watch_store;
mod worker;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::arguments::Role;
pub use error::StartError;
use services::Services;
use stores::Stores;
use tasks::Tasks;
use vconduit_api::readiness;
use vconduit_base::names::{ChainName, HostId};
use vconduit_config::Settings;
use vconduit_engine::events::{Event, Events};
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::snapshot::Live;
use vconduit_sandbox::runtime::for_links;
use vconduit_telemetry::metrics;

/// The input of a start.
pub struct AppOptions {
    /// Settings from the environment.
    pub settings: Settings,
    /// Path of the configuration file.
    pub config_file: PathBuf,
    /// Address to listen on. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// Roles of this process.
    pub roles: Vec<Role>,
    /// Chains that this process runs. Empty: all.
    pub chains: BTreeSet<ChainName>,
}

/// The identity of a running host.
struct HostInfo {
    /// Unique for each start.
    id: HostId,
    /// The address that it listens on, with the real port.
    address: SocketAddr,
    roles: Vec<Role>,
    /// Chains that it runs. Empty: all.
    chains: BTreeSet<ChainName>,
}

/// A running host.
pub struct App {
    /// The address that it listens on, with the real port.
    pub address: SocketAddr,
    /// The active configuration with its compiled links and open storages.
    pub live: Live,
    /// Figures for each link.
    pub stats: LinkStats,
    /// Publishes the events of this host.
    pub events: Events,
    tasks: Tasks,
}

impl App {
    /// Starts a host. `stop` ends a start that waits for its store.
    ///
    /// # Errors
    /// When a part can't be built. The message names the part and the next step.
    pub async fn start(options: AppOptions, stop: &CancellationToken) -> Result<Self, StartError> {
        metrics::init();
        let (listener, address) = api::listen_on(options.listen).await?;
        let host = HostInfo {
            id: HostId::random(),
            address,
            roles: options.roles,
            chains: options.chains,
        };
        let links_runtime = for_links().map_err(StartError::Threads)?;
        let settings = Arc::new(options.settings);
        let stores = Stores::open(&settings, &links_runtime, stop).await?;
        let mut tasks = Tasks::new(links_runtime);

        let (events, publisher) = Events::new(host.id.clone());
        tasks.spawn_publisher(publisher.run(stores.shared.clone(), tasks.stopping()));
        let services = Services::build(settings, &stores, events)?;
        let router = api::routes(&host, &services, &stores, tasks.stopping())?;
        tasks.spawn_server(listener, router);

        reload::start(options.config_file, &services, &stores, &tasks).await?;
        check_chains(&host, &services)?;
        let admission = services.admission.clone();
        tasks.spawn_until_stop(admission.watch(stores.shared.clone(), services.live.clone()));
        tasks.spawn_until_stop(watch_store::run(stores.shared.clone(), services.readiness.clone()));
        let worker = worker::build(&host, &services, &stores);
        let heartbeat = worker::heartbeat(&host, &services, worker.clone());
        tasks.spawn_publisher(heartbeat.run(stores.shared.clone(), tasks.stopping()));
        if host.roles.contains(&Role::Worker) {
            tasks.spawn_worker(worker);
            if let Some(retry) = worker::storage_retry(&services, &stores) {
                tasks.spawn_until_stop(retry.run());
            }
        }
        services.readiness.clear(readiness::STARTING);
        announce(&host, &services, &stores);
        Ok(Self {
            address,
            live: services.live,
            stats: services.stats,
            events: services.events,
            tasks,
        })
    }

    /// Stops claiming, lets active runs finish or returns them to their lists, then stops serving.
    pub async fn stop(self) {
        self.tasks.stop(&self.events).await;
    }
}

/// Checks the names of chains of the command line.
fn check_chains(host: &HostInfo, services: &Services) -> Result<(), StartError> {
    match services.live.load().config.unknown_chains(&host.chains) {
        Some(unknown) => Err(StartError::Setting(format!(
            "--chains: {unknown}; correct --chains or VCONDUIT_CHAINS, or add the chain"
        ))),
        None => Ok(()),
    }
}

fn announce(host: &HostInfo, services: &Services, stores: &Stores) {
    let live = services.live.load();
    tracing::info!(
        address = %host.address,
        store = stores.shared.describe(),
        chains = live.config.chains.len(),
        links = live.links.len(),
        "ready"
    );
    services.events.publish(|| Event::HostStarted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
    });
}
