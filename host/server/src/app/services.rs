//! The services that the API, the reload and the worker share.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::StartError;
use super::stores::Stores;
use vconduit_api::Readiness;
use vconduit_base::Secrets;
use vconduit_config::Settings;
use vconduit_engine::active::Follower;
use vconduit_engine::admission::{Admission, Marks};
use vconduit_engine::documents::Documents;
use vconduit_engine::events::Events;
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::registry::Registry;
use vconduit_engine::snapshot::{Live, Snapshot};
use vconduit_sandbox::{Compiler, Sandbox, SandboxSettings};
use vconduit_storage::factory::StorageContext;
use vconduit_storage::secret::Secret;

/// The services of one host. Each exists once; the handles are cheap to clone.
pub(super) struct Services {
    pub(super) settings: Arc<Settings>,
    /// The active configuration. It is empty until the first one has been loaded.
    pub(super) live: Live,
    /// Documents over the shared handle of the store; for those of the chains see [`Stores`].
    pub(super) documents: Arc<Documents>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) events: Events,
    pub(super) secrets: Arc<Secrets>,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) registry: Arc<Registry>,
    /// Makes the store's configuration active here.
    pub(super) follower: Arc<Follower>,
    pub(super) stats: LinkStats,
    pub(super) admission: Arc<Admission>,
}

impl Services {
    /// Builds all services.
    ///
    /// # Errors
    /// When a secret can't be read or the sandbox can't start.
    pub(super) fn build(settings: Arc<Settings>, stores: &Stores, events: Events) -> Result<Self, StartError> {
        let live: Live = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let secrets = load_secrets(&settings)?;
        let sandbox = sandbox(&settings)?;
        let registry = Arc::new(Registry::new(
            sandbox.clone(),
            storage_context(&settings, &secrets),
            stores.shared.clone(),
        ));
        let follower = Follower::new(stores.shared.clone(), registry.clone(), live.clone(), events.clone());
        Ok(Self {
            documents: Arc::new(Documents::new(stores.shared.clone(), live.clone(), &settings)),
            readiness: Arc::default(),
            stats: LinkStats::default(),
            registry,
            follower: Arc::new(follower),
            admission: Arc::new(Admission::new(Marks {
                memory_percent: settings.admit_memory_percent,
                depth: settings.admit_depth,
            })),
            settings,
            live,
            events,
            secrets,
            sandbox,
        })
    }
}

/// Reads the secrets for links and storages.
///
/// # Errors
/// When a file of the secrets' folder can't be read or is open to others.
pub(crate) fn load_secrets(settings: &Settings) -> Result<Arc<Secrets>, StartError> {
    let secrets = Secrets::load(settings.secrets_dir.as_deref());
    secrets
        .map(Arc::new)
        .map_err(|error| StartError::Setting(error.to_string()))
}

/// The parts of the environment that storages use.
pub(crate) fn storage_context(settings: &Settings, secrets: &Arc<Secrets>) -> StorageContext {
    let secrets = secrets.clone();
    StorageContext {
        redis_url: settings.redis_url.clone().map(Secret::new),
        data_dir: settings.data_dir.clone(),
        secrets: Arc::new(move |name| secrets.reveal(name).map(ToOwned::to_owned)),
    }
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
