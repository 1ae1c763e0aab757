//! What the handlers work with.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Readiness;
use super::edge::measure::ListLabels;
use crate::auth::{AdminKeys, HeaderNameError, Keys};
use vconduit_base::Secrets;
use vconduit_config::Settings;
use vconduit_engine::control::{Configuration, Links, Queues};
use vconduit_engine::documents::Documents;
use vconduit_engine::events::Events;
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::snapshot::Live;
use vconduit_oci::Oci;
use vconduit_store::Store;

/// Makes the text of `/metrics`.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Large bodies (see `body.rs`) may fill this many times the largest body in all. With the default of 64 MiB that is
/// half a GiB at worst, however many clients there are.
const LARGE_BODIES: usize = 8;

/// Clients that may listen to events at once on one host. Each is a connection; programs of which there are more read the bus.
const EVENT_STREAMS: usize = 256;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Documents.
    pub documents: Arc<Documents>,
    /// Lists.
    pub store: Arc<dyn Store>,
    /// What is running.
    pub live: Live,
    /// The environment.
    pub settings: Arc<Settings>,
    /// Who may come in.
    pub keys: Arc<Keys>,
    /// Who may use the admin API.
    pub admin_keys: Arc<AdminKeys>,
    /// Whether chains can run.
    pub readiness: Arc<Readiness>,
    /// The text of `/metrics`.
    pub metrics: RenderMetrics,
    /// Where is told what happens.
    pub events: Events,
    /// The configuration, for operators and clients.
    pub configuration: Arc<Configuration>,
    /// Queues, for operators.
    pub queues: Arc<Queues>,
    /// Links, for operators.
    pub links: Arc<Links>,
    /// Figures for each link on this host.
    pub stats: LinkStats,
    /// Secrets by name, for links that are tried out.
    pub secrets: Arc<Secrets>,
    /// Registries that components are fetched from.
    pub oci: Arc<Oci>,
    /// Set when the host stops: answers without an end of their own end then.
    pub stopping: CancellationToken,
    /// Places for those who listen to events.
    pub(super) event_streams: Arc<Semaphore>,
    /// List names that metrics may carry.
    pub(super) list_labels: Arc<ListLabels>,
    /// What large bodies in flight may still fill, in KiB.
    pub(super) body_budget: Arc<Semaphore>,
}

/// The state as axum hands it to handlers.
pub type Shared = Arc<ApiState>;

/// What the service is made of.
pub struct ApiParts {
    /// Documents.
    pub documents: Arc<Documents>,
    /// Lists.
    pub store: Arc<dyn Store>,
    /// What is running.
    pub live: Live,
    /// The environment.
    pub settings: Arc<Settings>,
    /// Whether chains can run.
    pub readiness: Arc<Readiness>,
    /// The text of `/metrics`.
    pub metrics: RenderMetrics,
    /// Where is told what happens.
    pub events: Events,
    /// Links, for operators.
    pub links: Arc<Links>,
    /// Figures for each link on this host.
    pub stats: LinkStats,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Registries that components are fetched from.
    pub oci: Arc<Oci>,
    /// Set when the host stops.
    pub stopping: CancellationToken,
    /// Whether the host listens on a loopback address.
    pub loopback: bool,
}

impl ApiState {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the settings name a header that can't be one.
    pub fn new(parts: ApiParts) -> Result<Self, HeaderNameError> {
        let settings = parts.settings;
        let kib = (settings.max_body_bytes / 1024)
            .saturating_mul(LARGE_BODIES)
            .clamp(1, Semaphore::MAX_PERMITS);
        let configuration = Configuration::new(
            parts.store.clone(),
            parts.links.registry().clone(),
            parts.events.clone(),
            settings.config_file.clone(),
        );
        let queues = Queues::new(
            parts.store.clone(),
            parts.documents.clone(),
            parts.live.clone(),
            parts.events.clone(),
        );
        Ok(Self {
            keys: Arc::new(Keys::new(&settings)?),
            admin_keys: Arc::new(AdminKeys::new(&settings, parts.loopback)),
            configuration: Arc::new(configuration),
            queues: Arc::new(queues),
            documents: parts.documents,
            store: parts.store,
            live: parts.live,
            settings,
            readiness: parts.readiness,
            metrics: parts.metrics,
            events: parts.events,
            links: parts.links,
            stats: parts.stats,
            secrets: parts.secrets,
            oci: parts.oci,
            stopping: parts.stopping,
            event_streams: Arc::new(Semaphore::new(EVENT_STREAMS)),
            list_labels: Arc::default(),
            body_budget: Arc::new(Semaphore::new(kib)),
        })
    }
}
