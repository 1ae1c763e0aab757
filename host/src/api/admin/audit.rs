//! Entries of the audit log.
//!
//! Guarantee: who, what, when, before and after, in one JSON object; values that hold secrets are masked like those of `GET /config`.

use serde::Serialize;
use serde_json::Value;

use super::Problem;
use crate::auth::Admin;
use crate::base::clock::now_ms_signed;
use crate::store::Store;

/// One entry.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The name of the key.
    pub who: &'a str,
    /// What was done: `link.activate`, `dlq.retry` …
    pub action: &'static str,
    /// To what.
    pub target: &'a str,
    /// As it was.
    pub before: Value,
    /// As it is.
    pub after: Value,
    /// The id of the request.
    pub request_id: &'a str,
}

impl<'a> Entry<'a> {
    /// An entry of now.
    #[must_use]
    pub fn new(admin: &'a Admin, action: &'static str, target: &'a str, before: Value, after: Value) -> Self {
        Self {
            at_ms: now_ms_signed(),
            who: &admin.name,
            action,
            target,
            before,
            after,
            request_id: &admin.request_id,
        }
    }

    /// As the store and the log take it. Says so in the log.
    #[must_use]
    pub fn told(&self) -> String {
        tracing::info!(
            target: "vconduit::audit",
            who = self.who, action = self.action, on = self.target, before = %self.before, after = %self.after,
            request_id = self.request_id, "admin action"
        );
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Puts it into the audit log: for actions that change no configuration (those that do write both in one step).
    ///
    /// # Errors
    /// When the store is away: what was done stays done.
    pub async fn keep(&self, store: &dyn Store) -> Result<(), Problem> {
        Ok(store.audit(&self.told()).await?)
    }
}
