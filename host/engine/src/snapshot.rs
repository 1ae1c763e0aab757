//! What is running now: the configuration with everything in it made ready.
//!
//! Guarantee: a [`Snapshot`] never changes. A reload builds a new one whole, then swaps; who holds the old one ends on it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use indexmap::IndexMap;

use vconduit_base::names::{ChainName, LinkName, ListName, StorageName};
use vconduit_config::{Config, Link, Problem};
use vconduit_sandbox::Compiled;
use vconduit_storage::Storage;

/// A link that can be called at once.
#[derive(Clone)]
pub struct ReadyLink {
    /// As configured.
    pub link: Link,
    /// Its component, compiled.
    pub component: Arc<Compiled>,
    /// The options: the component's defaults with the link's own laid over them.
    pub options: serde_json::Map<String, serde_json::Value>,
    /// The same as JSON text, for places in a chain that add nothing.
    pub options_text: Arc<str>,
    /// Whether an instance may serve one call after the other.
    pub warm: bool,
    /// What it may reach; shared by its calls.
    pub grants: Arc<vconduit_policy::Grants>,
}

/// What is running now.
#[derive(Default)]
pub struct Snapshot {
    /// The revision of the store's copy that this was made from.
    pub revision: u64,
    /// As configured.
    pub config: Config,
    /// Every link of the configuration, ready.
    pub links: IndexMap<LinkName, ReadyLink>,
    /// Every storage of the configuration, ready, in order.
    pub storages: IndexMap<StorageName, Arc<dyn Storage>>,
    /// Which chain each ingress list belongs to.
    pub ingress: IndexMap<ListName, ChainName>,
    /// Parts of the configuration that have no effect, found while it was made ready.
    pub warnings: Vec<Problem>,
}

/// The snapshot in force, shared by all parts.
pub type Live = Arc<ArcSwap<Snapshot>>;
