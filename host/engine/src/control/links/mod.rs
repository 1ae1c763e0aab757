//! Links as operators see them: upload, activation, rollback, grants, deletion.
//!
//! Guarantee: a change is one step in the store, together with its entry in the audit log, over the
//! state that it was decided on. A configuration that could not run on this host is not saved. A
//! version is compiled before it becomes active.

mod activation;
mod change;
mod error;
mod remove;
mod settings;
mod upload;
mod view;

use std::sync::Arc;

pub use error::LinkError;
pub use settings::{Setting, SettingKind};
pub use upload::Upload;

use super::check::Checker;
use crate::active::Follower;
use crate::events::Events;
use crate::registry::Registry;
use crate::snapshot::Live;
use vconduit_base::names::LinkName;
use vconduit_config::{LinkRecord, store_copy};
use vconduit_store::Store;

/// The service.
pub struct Links {
    store: Arc<dyn Store>,
    follower: Arc<Follower>,
    registry: Arc<Registry>,
    checker: Checker,
    live: Live,
    events: Events,
}

impl Links {
    /// Puts the parts together.
    #[must_use]
    pub fn new(follower: Arc<Follower>, registry: Arc<Registry>, live: Live, events: Events) -> Self {
        Self {
            store: follower.store().clone(),
            follower,
            checker: Checker::new(registry.clone()),
            registry,
            live,
            events,
        }
    }

    /// Makes components ready.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The record of a link, and whether the configuration defines the link itself.
    ///
    /// # Errors
    /// There is no such link; the store is unavailable.
    pub async fn get(&self, link: &LinkName) -> Result<(LinkRecord, bool), LinkError> {
        let (_, entries) = self.store.load_config().await?;
        let record = store_copy::record(&entries, link.as_str()).map_err(LinkError::Damaged)?;
        let configured = change::is_configured(&entries, link);
        if record.is_empty() && !configured {
            return Err(LinkError::NoLink(link.clone()));
        }
        Ok((record, configured))
    }

    /// Chains of the active configuration that name this link.
    #[must_use]
    pub fn used_by(&self, link: &LinkName) -> Vec<String> {
        let snapshot = self.live.load();
        let uses = snapshot
            .config
            .chains
            .iter()
            .filter(|(_, chain)| chain.links.iter().any(|place| place.name == *link));
        uses.map(|(name, _)| name.to_string()).collect()
    }
}
