//! The state of all hosts of a store, for operators and load balancers.
//!
//! Guarantee: nothing here changes anything but who listens to events.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use serde_json::Value;

use crate::events::Events;
use crate::hosts::live_hosts;
use vconduit_admin_types::{AuditLog, Hosts};
use vconduit_store::{Store, StoreError};

/// Time that the store has to respond to a ping. Load balancers ask every few seconds.
const PING_WITHIN: Duration = Duration::from_secs(2);

/// The service.
pub struct Monitor {
    store: Arc<dyn Store>,
    events: Events,
}

impl Monitor {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, events: Events) -> Self {
        Self { store, events }
    }

    /// The hosts that are alive, by id.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn hosts(&self) -> Result<Hosts, StoreError> {
        let hosts = live_hosts(self.store.as_ref()).await?;
        Ok(Hosts { hosts })
    }

    /// Entries of the audit log, the newest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn audit_log(&self, offset: u64, limit: u64) -> Result<AuditLog, StoreError> {
        let texts = self.store.audit_log(offset, limit).await?;
        // An entry that is no JSON was written by another program. It is shown as it is.
        let entry = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(AuditLog {
            entries: texts.into_iter().map(entry).collect(),
        })
    }

    /// Events of all hosts from now on, each as a JSON text. Hosts that do not know of a listener
    /// yet publish within [`HEARD_WITHIN`](crate::events::HEARD_WITHIN).
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn events(&self) -> Result<BoxStream<'static, String>, StoreError> {
        let events = self.store.subscribe().await?;
        self.events.listener_on_bus();
        Ok(events)
    }

    /// Checks that the store responds in time and accepts writes. Returns the reason if it does
    /// not.
    pub async fn store_problem(&self) -> Option<String> {
        match tokio::time::timeout(PING_WITHIN, self.store.ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the working store did not answer within 2 s".to_owned()),
        }
    }
}
