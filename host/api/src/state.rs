//! The services that handlers work with.
//!
//! Guarantee: handlers reach the working store only through services.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::Readiness;
use crate::auth::{AdminKeys, ApiKeys, HeaderNameError};
use crate::edge::body::BodyBudget;
use crate::edge::measure::EnqueuedCounter;
use vconduit_base::Secrets;
use vconduit_config::Settings;
use vconduit_engine::active::Follower;
use vconduit_engine::admission::Admission;
use vconduit_engine::control::{Configuration, Links, Monitor, Queues, StorageLetters, Trials};
use vconduit_engine::documents::Documents;
use vconduit_engine::events::Events;
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::snapshot::Live;
use vconduit_oci::Oci;
use vconduit_store::Store;

/// Renders the text of `/metrics`.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Clients that may listen to events at once on one host. Each is a connection. Where more programs
/// want events, they can listen to the bus of the store.
const MAX_EVENT_STREAMS: usize = 256;

/// The services and settings that handlers share.
pub struct ApiState {
    /// Stored vCons.
    pub documents: Arc<Documents>,
    /// Lists, claims and dead letters.
    pub queues: Arc<Queues>,
    /// Dead letters of storages.
    pub storage_letters: Arc<StorageLetters>,
    /// The configuration.
    pub configuration: Arc<Configuration>,
    /// Links and their versions.
    pub links: Arc<Links>,
    /// Trials of links.
    pub trials: Trials,
    /// The state of all hosts.
    pub monitor: Monitor,
    /// The active configuration of this host.
    pub live: Live,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Keys of clients and partners.
    pub keys: ApiKeys,
    /// Keys of operators.
    pub admin_keys: AdminKeys,
    /// Readiness of this host.
    pub readiness: Arc<Readiness>,
    /// Renders the text of `/metrics`.
    pub metrics: RenderMetrics,
    /// Figures for each link on this host.
    pub stats: LinkStats,
    /// Registries that components are pulled from.
    pub oci: Arc<Oci>,
    /// Set when the host stops. Responses without an end of their own end then.
    pub stopping: CancellationToken,
    /// Places for clients that listen to events.
    pub event_streams: Arc<Semaphore>,
    /// Counts ids that are appended to ingress lists.
    pub enqueued: EnqueuedCounter,
    /// Memory for large bodies.
    pub bodies: BodyBudget,
    /// Decides whether new vCons are accepted.
    pub admission: Arc<Admission>,
}

/// The state as axum hands it to handlers.
pub type Shared = Arc<ApiState>;

/// The parts that the API is made of.
pub struct ApiParts {
    /// Stored vCons.
    pub documents: Arc<Documents>,
    /// The working store.
    pub store: Arc<dyn Store>,
    /// Makes the store's configuration active on this host.
    pub follower: Arc<Follower>,
    /// The active configuration of this host.
    pub live: Live,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Readiness of this host.
    pub readiness: Arc<Readiness>,
    /// Renders the text of `/metrics`.
    pub metrics: RenderMetrics,
    /// Publishes events.
    pub events: Events,
    /// Links and their versions.
    pub links: Arc<Links>,
    /// Figures for each link on this host.
    pub stats: LinkStats,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Decides whether new vCons are accepted.
    pub admission: Arc<Admission>,
    /// Registries that components are pulled from.
    pub oci: Arc<Oci>,
    /// Set when the host stops.
    pub stopping: CancellationToken,
    /// True if the host listens on a loopback address.
    pub loopback: bool,
}

impl ApiState {
    /// Puts the parts together.
    ///
    /// # Errors
    /// The setting for the header of keys is not the name of a header.
    pub fn new(parts: ApiParts) -> Result<Self, HeaderNameError> {
        let settings = parts.settings;
        Ok(Self {
            keys: ApiKeys::new(&settings)?,
            admin_keys: AdminKeys::new(&settings, parts.loopback),
            queues: Arc::new(Queues::new(
                parts.store.clone(),
                parts.documents.clone(),
                parts.live.clone(),
                parts.events.clone(),
            )),
            storage_letters: Arc::new(StorageLetters::new(
                parts.store.clone(),
                parts.documents.clone(),
                parts.live.clone(),
                &settings,
            )),
            configuration: Arc::new(Configuration::new(
                parts.follower,
                parts.links.registry().clone(),
                parts.events.clone(),
                settings.config_file.clone(),
            )),
            trials: Trials {
                links: parts.links.clone(),
                live: parts.live.clone(),
                documents: parts.documents.clone(),
                secrets: parts.secrets,
                egress: settings.egress,
            },
            monitor: Monitor::new(parts.store, parts.events),
            enqueued: EnqueuedCounter::new(parts.live.clone()),
            admission: parts.admission,
            bodies: BodyBudget::new(settings.max_body_bytes),
            event_streams: Arc::new(Semaphore::new(MAX_EVENT_STREAMS)),
            documents: parts.documents,
            live: parts.live,
            settings,
            readiness: parts.readiness,
            metrics: parts.metrics,
            links: parts.links,
            stats: parts.stats,
            oci: parts.oci,
            stopping: parts.stopping,
        })
    }
}
