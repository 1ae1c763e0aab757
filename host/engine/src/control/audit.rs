//! Entries of the audit log.
//!
//! Guarantee: an entry is one JSON object with the actor, the action, the time, and the values
//! before and after. Secrets in values are masked as in `GET /config`. The log has a line about an
//! action only after the action is done.

use serde::Serialize;
use serde_json::Value;

use vconduit_store::{Store, StoreError};

/// The operator who asks for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name of the operator's key.
    pub name: String,
    /// Id of the request.
    pub request_id: String,
}

/// One entry.
#[derive(Debug, Clone, Serialize)]
pub struct AuditEntry {
    /// Time of the entry, in Unix milliseconds.
    pub at_ms: i64,
    /// Name of the operator's key.
    pub who: String,
    /// Kind of the action: `link.activate`, `dead_letter.retry` and so on.
    pub action: &'static str,
    /// Name of the thing that the action is about.
    pub target: String,
    /// State before the action.
    pub before: Value,
    /// State after the action.
    pub after: Value,
    /// Id of the request.
    pub request_id: String,
}

impl AuditEntry {
    /// An entry with the present time.
    #[must_use]
    pub fn new(actor: &Actor, action: &'static str, target: impl Into<String>, before: Value, after: Value) -> Self {
        Self {
            at_ms: vconduit_base::clock::now_ms_signed(),
            who: actor.name.clone(),
            action,
            target: target.into(),
            before,
            after,
            request_id: actor.request_id.clone(),
        }
    }

    /// The text that the store keeps.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Writes a line into the log. Only for an action that is done.
    pub fn log(&self) {
        tracing::info!(
            target: "vconduit::audit",
            who = self.who, action = self.action, on = self.target, before = %self.before, after = %self.after,
            request_id = self.request_id, "admin action"
        );
    }

    /// Adds an action that is done to the audit log, and logs it. Only for actions that do not
    /// change the configuration: a change of the configuration is saved in one step with its entry.
    ///
    /// # Errors
    /// When the store is unavailable. The action stays done.
    pub async fn keep(&self, store: &dyn Store) -> Result<(), StoreError> {
        self.log();
        store.audit(&self.text()).await
    }
}
