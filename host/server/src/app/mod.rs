//! Builds every part once and owns the tasks: start, drain, stop.
//!
//! Guarantee: the address answers as soon as the store does; `/ready` says yes only when chains can run; a stop lets runs in flight end
//! or gives them back, and then ends every task.

mod reload;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::arguments::Role;
use vconduit_api::router::{Served, router};
use vconduit_api::{ApiParts, ApiState, Readiness, readiness};
use vconduit_base::Secrets;
use vconduit_base::names::HostId;
use vconduit_config::Settings;
use vconduit_engine::chain::ChainRunner;
use vconduit_engine::control::Links;
use vconduit_engine::documents::Documents;
use vconduit_engine::events::{Event, Events};
use vconduit_engine::figures::guest::GuestRecorder;
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::hosts::{Heartbeat, Standing};
use vconduit_engine::registry::Registry;
use vconduit_engine::reload::ConfigSource;
use vconduit_engine::snapshot::{Live, Snapshot};
use vconduit_engine::worker::{Worker, WorkerSettings};
use vconduit_oci::{Oci, OciSettings};
use vconduit_sandbox::runtime::{LinksRuntime, for_links};
use vconduit_sandbox::{Compiler, Sandbox, SandboxSettings};
use vconduit_storage::factory::StorageContext;
use vconduit_storage::runner::SavePolicy;
use vconduit_storage::secret::Secret;
use vconduit_store::{Store, StoreError};
use vconduit_telemetry::metrics;

/// Number of lost leases that makes a dead letter. A vCon that brings its host down must not do so
/// for ever.
const MAX_LOST_LEASES: u32 = 5;
/// How long open connections may take to end once runs have ended.
const CONNECTIONS_END: Duration = Duration::from_secs(5);
/// How long it may take to tell other hosts that this one is gone.
const GOODBYE: Duration = Duration::from_secs(3);

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address.
    #[error("can't listen on {address}: {reason}; choose another with --listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        reason: std::io::Error,
    },
    /// The working store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration; the problems have been printed line by line.
    #[error("{0}")]
    Config(String),
    /// A part of the environment.
    #[error("{0}")]
    Setting(String),
    /// The sandbox.
    #[error("the sandbox can't start: {0}")]
    Sandbox(String),
    /// It was told to stop meanwhile.
    #[error("stopped before the start was complete")]
    Stopped,
}

/// What a host is started with.
pub struct AppOptions {
    /// The environment.
    pub settings: Settings,
    /// The configuration file.
    pub config_file: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// What to do.
    pub roles: Vec<Role>,
}

/// A running host.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// The working store.
    pub store: Arc<dyn Store>,
    /// What is running.
    pub live: Live,
    /// Documents.
    pub documents: Arc<Documents>,
    /// Figures for each link.
    pub stats: LinkStats,
    /// What happens.
    pub events: Events,
    stop_claiming: CancellationToken,
    stop_serving: CancellationToken,
    worker: Option<JoinHandle<()>>,
    server: JoinHandle<()>,
    /// What tells other hosts of this one.
    tellers: TaskTracker,
    /// Held so that it lives as long as the host.
    _links_runtime: LinksRuntime,
}

impl App {
    /// Starts a host; `stop` ends a start that waits for its store.
    ///
    /// # Errors
    /// When a part can't be had; the message says which and what to do.
    pub async fn start(options: AppOptions, stop: &CancellationToken) -> Result<Self, StartError> {
        metrics::init();
        let (listener, address) = listen_on(options.listen).await?;
        let links_runtime = for_links().map_err(|error| StartError::Sandbox(error.to_string()))?;
        let settings = Arc::new(options.settings);
        let store = store::open(&settings, stop).await?;
        let live: Live = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let documents = Arc::new(Documents::new(store.clone(), live.clone(), &settings));
        let readiness = Arc::new(Readiness::default());
        let (stop_serving, id) = (CancellationToken::new(), HostId::random());
        let (events, publisher) = Events::new(id.clone());
        let tellers = TaskTracker::new();
        tellers.spawn(publisher.run(store.clone(), stop_serving.clone()));
        let secrets = Secrets::load(settings.secrets_dir.as_deref());
        let secrets = Arc::new(secrets.map_err(|error| StartError::Setting(error.to_string()))?);
        let sandbox = sandbox(&settings)?;
        let registry = Arc::new(Registry::new(
            sandbox.clone(),
            storage_context(&settings, &secrets),
            store.clone(),
        ));
        let stats = LinkStats::default();
        let parts = ApiParts {
            links: Arc::new(Links::new(
                store.clone(),
                registry.clone(),
                live.clone(),
                events.clone(),
            )),
            stats: stats.clone(),
            secrets: secrets.clone(),
            oci: Arc::new(oci(&secrets)?),
            documents: documents.clone(),
            store: store.clone(),
            live: live.clone(),
            settings: settings.clone(),
            readiness: readiness.clone(),
            metrics: Arc::new(metrics::render),
            events: events.clone(),
            stopping: stop_serving.clone(),
            loopback: address.ip().is_loopback(),
        };
        let router = routes(parts, &options.roles)?;
        let server = tokio::spawn(vconduit_api::serve(listener, router, stop_serving.clone()));

        let source = ConfigSource::new(options.config_file, store.clone());
        let (ahead, uploaded) = tokio::sync::watch::channel(Vec::new());
        live.store(Arc::new(reload::first(&source, &registry, &ahead).await?));
        metrics::config_revision(live.load().revision);
        let standing = Arc::new(Standing::default());
        let reload = reload::watch(source, registry.clone(), live.clone(), standing.clone(), ahead);
        tokio::spawn(stop_serving.clone().run_until_cancelled_owned(reload));
        let for_later = registry.clone();
        let making_ready = async move { for_later.make_ready_ahead(uploaded).await };
        tokio::spawn(stop_serving.clone().run_until_cancelled_owned(making_ready));
        let watch = store::watch(store.clone(), readiness.clone());
        tokio::spawn(stop_serving.clone().run_until_cancelled_owned(watch));

        let store_for_runs = store::for_runs(&settings, &store, &links_runtime).await?;
        let runner = Arc::new(ChainRunner {
            sandbox,
            store: store_for_runs.clone(),
            documents: Arc::new(documents.over(store_for_runs.clone())),
            secrets,
            environment: Arc::new(vconduit_sandbox::probe::SystemEnvironment),
            guest_metrics: Arc::new(GuestRecorder::default()),
            stats: stats.clone(),
            egress: settings.egress,
            save_policy: SavePolicy {
                parallel: settings.parallel_storage,
                ..SavePolicy::default()
            },
            events: events.clone(),
            registry,
            host: id.clone(),
            trails: settings.lifetimes.trail_s > 0,
        });
        let stop_claiming = CancellationToken::new();
        let worker = Worker::new(
            store_for_runs,
            live.clone(),
            runner,
            worker_settings(&settings),
            id.clone(),
            events.clone(),
        );
        let heartbeat = Heartbeat {
            id,
            address,
            roles: options.roles.iter().map(ToString::to_string).collect(),
            live: live.clone(),
            standing,
            in_flight: {
                let worker = worker.clone();
                Box::new(move || worker.in_flight())
            },
        };
        tellers.spawn(heartbeat.run(store.clone(), stop_serving.clone()));
        let works = options.roles.contains(&Role::Worker);
        let worker = works.then(|| links_runtime.spawn(worker.run(stop_claiming.clone())));
        readiness.clear(readiness::STARTING);
        tracing::info!(%address, store = store.describe(), chains = live.load().config.chains.len(), links = live.load().links.len(), "ready");
        events.tell(|| Event::HostStarted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        Ok(Self {
            address,
            store,
            live,
            documents,
            stats,
            events,
            stop_claiming,
            stop_serving,
            worker: worker.flatten(),
            server,
            tellers,
            _links_runtime: links_runtime,
        })
    }

    /// Stops claiming, lets runs end or gives them back, then stops serving.
    pub async fn stop(mut self) {
        self.stop_claiming.cancel();
        if let Some(worker) = self.worker.take()
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the worker ended badly");
        }
        self.events.tell(|| Event::HostStopped);
        self.stop_serving.cancel();
        self.tellers.close();
        // Where the store is away nobody can be told; the others notice by themselves.
        let _ = tokio::time::timeout(GOODBYE, self.tellers.wait()).await;
        if tokio::time::timeout(CONNECTIONS_END, &mut self.server).await.is_err() {
            tracing::info!("connections were still open and are closed");
            self.server.abort();
        }
        tracing::info!("stopped");
    }
}

async fn listen_on(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |reason| StartError::Listen {
        address: wanted,
        reason,
    };
    let listener = TcpListener::bind(wanted).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// The service: all of it, or only how the host is where it does not have the role.
fn routes(parts: ApiParts, roles: &[Role]) -> Result<axum::Router, StartError> {
    let state = ApiState::new(parts);
    let state = state.map_err(|error| StartError::Setting(error.to_string()))?;
    let served = if roles.contains(&Role::Api) {
        Served::All
    } else {
        Served::System
    };
    Ok(router(state, served))
}

fn sandbox(settings: &Settings) -> Result<Arc<Sandbox>, StartError> {
    let cache_dir = settings
        .compile_cache_dir
        .clone()
        .unwrap_or_else(|| settings.data_dir.join("compiled"));
    let compiler = Compiler::this_program().map_err(|error| StartError::Sandbox(error.to_string()))?;
    let sandbox = SandboxSettings {
        cache_dir: Some(cache_dir),
        compiler,
        max_concurrent_calls: u32::try_from(settings.concurrency).unwrap_or(u32::MAX),
        ..SandboxSettings::default()
    };
    Sandbox::new(sandbox).map_err(|error| StartError::Sandbox(error.to_string()))
}

/// How registries are spoken to, from the environment.
fn oci(secrets: &Secrets) -> Result<Oci, StartError> {
    let secret = |name: &str| secrets.reveal(name).map(ToOwned::to_owned);
    let settings = OciSettings::from_env(&|name| std::env::var(name).ok(), &secret);
    settings
        .map(Oci::new)
        .map_err(|problem| StartError::Setting(problem.to_owned()))
}

fn storage_context(settings: &Settings, secrets: &Arc<Secrets>) -> StorageContext {
    let secrets = secrets.clone();
    StorageContext {
        redis_url: settings.redis_url.clone().map(Secret::new),
        data_dir: settings.data_dir.clone(),
        secrets: Arc::new(move |name| secrets.reveal(name).map(ToOwned::to_owned)),
    }
}

/// A registry for a check of a configuration without a server: with the secrets of this environment, and no store.
///
/// # Errors
/// When the secrets can't be read.
pub fn registry_without_store(settings: &Settings, sandbox: Arc<Sandbox>) -> Result<Registry, StartError> {
    let secrets = Secrets::load(settings.secrets_dir.as_deref());
    let secrets = Arc::new(secrets.map_err(|error| StartError::Setting(error.to_string()))?);
    Ok(Registry::without_store(sandbox, storage_context(settings, &secrets)))
}

fn worker_settings(settings: &Settings) -> WorkerSettings {
    WorkerSettings {
        concurrency: settings.concurrency,
        lease: Duration::from_millis(settings.lease_ms),
        max_lost_leases: MAX_LOST_LEASES,
        drain: Duration::from_millis(settings.drain_ms),
    }
}
