//! Queues as operators see and mend them: lists, claims, dead letters, and the whereabouts of one
//! vCon.
//!
//! Guarantee: what is shown changes nothing; each action is in the audit log and published as an
//! event.

mod claims;
mod dead_letters;
mod entries;
mod error;
mod lists;
mod storage_letters;
mod storage_retry;
mod whereabouts;

use std::sync::Arc;

use serde::Serialize;

pub use error::QueueError;
pub use lists::{KnownList, ingress, known};
pub use storage_letters::{Replay, ReplayError, StorageLetters};
pub use storage_retry::StorageRetry;

use super::audit::{Actor, AuditEntry};
use crate::documents::Documents;
use crate::events::Events;
use crate::snapshot::Live;
use vconduit_base::names::ListName;
use vconduit_store::{Store, StoreError};

/// The service.
pub struct Queues {
    store: Arc<dyn Store>,
    documents: Arc<Documents>,
    live: Live,
    events: Events,
}

/// An entry that went to a list, for the audit log.
#[derive(Serialize)]
struct OnList<'a> {
    list: &'a ListName,
}

impl Queues {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, documents: Arc<Documents>, live: Live, events: Events) -> Self {
        Self {
            store,
            documents,
            live,
            events,
        }
    }

    /// Notes an action that is done.
    async fn audit(
        &self,
        actor: &Actor,
        action: &'static str,
        target: &str,
        before: &impl Serialize,
        after: &impl Serialize,
    ) -> Result<(), StoreError> {
        let (before, after) = (serde_json::to_value(before), serde_json::to_value(after));
        let entry = AuditEntry::new(
            actor,
            action,
            target,
            before.unwrap_or_default(),
            after.unwrap_or_default(),
        );
        entry.keep(self.store.as_ref()).await
    }
}
