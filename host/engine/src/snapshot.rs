//! The active configuration, with everything in it made ready.
//!
//! Guarantee: a [`Snapshot`] never changes. A reload builds a new one completely and then replaces
//! the old one. Runs that use the old one end with it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use indexmap::IndexMap;

use vconduit_base::ConfigRevision;
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
    /// True if an instance may serve one call after the other.
    pub warm: bool,
    /// Its grants, shared by its calls.
    pub grants: Arc<vconduit_policy::Grants>,
}

/// The active configuration.
#[derive(Default)]
pub struct Snapshot {
    /// The revision of the store's copy that this was made from.
    pub revision: ConfigRevision,
    /// As configured.
    pub config: Config,
    /// Every link of the configuration, ready.
    pub links: IndexMap<LinkName, ReadyLink>,
    /// Every storage of the configuration, ready, in order.
    pub storages: IndexMap<StorageName, Arc<dyn Storage>>,
    /// The chain of each ingress list.
    pub ingress: IndexMap<ListName, ChainName>,
    /// Parts of the configuration that have no effect, found while it was made ready.
    pub warnings: Vec<Problem>,
}

/// The active snapshot, shared by all parts.
pub type Live = Arc<ArcSwap<Snapshot>>;
