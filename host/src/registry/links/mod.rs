//! Links as operators see them: upload, activate, roll back, grant, delete.
//!
//! Guarantee: a change is one step in the store, together with its entry in the audit log, on top of the state that it was decided on;
//! a configuration that could not run on this host is not written. What is active is compiled before it is.

mod activation;
mod change;
mod error;
mod remove;
mod settings;
mod upload;

use std::sync::Arc;

pub use activation::{Confirmation, Switched, Unconfirmed};
pub use change::Audited;
pub use error::LinkError;
pub use settings::{Setting, SettingKind};
pub use upload::{About, Upload, Uploaded};

use super::Registry;
use crate::config::{LinkRecord, store_copy};
use crate::events::Events;
use crate::names::{Digest, LinkName};
use crate::snapshot::Live;
use crate::store::Store;

/// The service.
pub struct Links {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    live: Live,
    events: Events,
}

impl Links {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>, live: Live, events: Events) -> Self {
        Self {
            store,
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

    /// The links of the configuration and those that were uploaded, by name, each with its record.
    ///
    /// # Errors
    /// When the store is away or its copy is damaged.
    pub async fn all(&self) -> Result<Vec<(LinkName, LinkRecord)>, LinkError> {
        let (_, entries) = self.store.load_config().await?;
        let records = store_copy::records(&entries).map_err(|damaged| LinkError::damaged(&damaged))?;
        let mut links: std::collections::BTreeMap<LinkName, LinkRecord> = self
            .live
            .load()
            .config
            .links
            .keys()
            .map(|name| (name.clone(), LinkRecord::default()))
            .collect();
        for (name, record) in records {
            if let Ok(name) = LinkName::new(name) {
                links.insert(name, record);
            }
        }
        Ok(links.into_iter().collect())
    }

    /// The record of a link, and whether the configuration defines the link itself.
    ///
    /// # Errors
    /// There is no such link; the store is away.
    pub async fn get(&self, link: &LinkName) -> Result<(LinkRecord, bool), LinkError> {
        let (_, entries) = self.store.load_config().await?;
        let record = store_copy::record(&entries, link.as_str()).map_err(LinkError::Damaged)?;
        let configured = change::is_configured(&entries, link);
        if record.is_empty() && !configured {
            return Err(LinkError::NoLink(link.clone()));
        }
        Ok((record, configured))
    }

    /// What was found out about a version when it was uploaded.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn about(&self, digest: &Digest) -> Result<Option<About>, LinkError> {
        let text = self.store.about_component(digest).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The chains in force that name this link.
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
