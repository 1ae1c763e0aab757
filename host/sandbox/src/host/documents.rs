//! `vcon:link/documents`: other vCons. Each operation needs its own grant.

use std::sync::Arc;

use super::document::vcon_id;
use crate::bindings::wit::documents::Host;
use crate::bindings::wit::types::Error;
use crate::call::CreateError;
use crate::state::CallState;
use vconduit_base::lifetimes::MAX_LIFETIME_S;

/// Maximum number of operations on other vCons in one call. More are work for a script, not for a
/// link.
const MAX_STORE_CALLS: u32 = 10_000;

/// Maximum number of lifetimes, and of pushed ids, of one call.
pub(super) const MAX_EFFECTS: usize = 10_000;

impl Host for CallState {
    async fn read(&mut self, id: String) -> Result<Option<String>, Error> {
        self.check_grant(self.context.grants.read, "read")?;
        let id = vcon_id(&id)?;
        let text = Arc::clone(&self.context.documents)
            .read(&id)
            .await
            .map_err(Error::Unavailable)?;
        Ok(text.map(|text| text.as_ref().to_owned()))
    }

    async fn create(&mut self, document: String) -> Result<String, Error> {
        self.check_grant(self.context.grants.create, "create")?;
        let limit = self.context.limits.document_bytes;
        if super::entries::length(&document) > limit {
            return Err(Error::Limit(format!(
                "the document is larger than document_bytes ({limit})"
            )));
        }
        if let Some(name) = self.log.secret_in(&document) {
            return Err(Error::Denied(format!(
                "the document contains the secret {name}, and secrets are not stored in vCons"
            )));
        }
        Arc::clone(&self.context.gate).pass().await;
        // Noted before the operation: after an error or a timeout, the vCon may exist nevertheless.
        self.changed_outside = true;
        let created = Arc::clone(&self.context.documents).create(&document).await;
        created.map(String::from).map_err(|error| match error {
            CreateError::Invalid(text) => Error::BadJson(text),
            CreateError::Unavailable(text) => Error::Unavailable(text),
        })
    }

    async fn delete(&mut self, id: String) -> Result<bool, Error> {
        self.check_grant(self.context.grants.delete, "delete")?;
        let id = vcon_id(&id)?;
        Arc::clone(&self.context.gate).pass().await;
        self.changed_outside = true;
        Arc::clone(&self.context.documents)
            .delete(&id)
            .await
            .map_err(Error::Unavailable)
    }

    fn expire(&mut self, id: String, seconds: i64) -> Result<(), Error> {
        self.check_grant(self.context.grants.expire, "expire")?;
        let id = vcon_id(&id)?;
        if self.effects.expire.len() >= MAX_EFFECTS {
            return Err(Error::Limit(format!("more than {MAX_EFFECTS} lifetimes in one call")));
        }
        self.effects.expire.push((id, seconds.min(MAX_LIFETIME_S)));
        Ok(())
    }
}

impl CallState {
    /// Checks the grant of an operation and counts it.
    fn check_grant(&mut self, granted: bool, operation: &str) -> Result<(), Error> {
        if !granted {
            return Err(Error::Denied(format!(
                "`vcons: [{operation}]` is missing in the grants of the link {}",
                self.context.link
            )));
        }
        self.store_calls = self.store_calls.saturating_add(1);
        if self.store_calls > MAX_STORE_CALLS {
            return Err(Error::Limit(format!(
                "more than {MAX_STORE_CALLS} operations on other vCons in one call"
            )));
        }
        Ok(())
    }
}
