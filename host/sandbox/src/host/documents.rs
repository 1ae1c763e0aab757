//! `vcon:link/documents`: other vCons, each operation by its own grant.

use std::sync::Arc;

use super::super::bindings::wit::documents::Host;
use super::super::bindings::wit::types::Error;
use super::super::call::CreateError;
use super::super::state::CallState;
use super::document::vcon_id;

/// Calls to the store of one call of a link. Ten thousand documents a call is a job for a script, not for a link.
const MAX_STORE_CALLS: u32 = 10_000;

/// Lifetimes set, and ids pushed, by one call.
pub(super) const MAX_EFFECTS: usize = 10_000;

impl Host for CallState {
    async fn read(&mut self, id: String) -> Result<Option<String>, Error> {
        self.may(self.context.grants.read, "read")?;
        let id = vcon_id(&id)?;
        let text = Arc::clone(&self.context.documents)
            .read(&id)
            .await
            .map_err(Error::Unavailable)?;
        Ok(text.map(|text| text.as_ref().to_owned()))
    }

    async fn create(&mut self, document: String) -> Result<String, Error> {
        self.may(self.context.grants.create, "create")?;
        let limit = self.context.limits.document_bytes;
        if super::entries::length(&document) > limit {
            return Err(Error::Limit(format!(
                "the document is larger than document_bytes ({limit})"
            )));
        }
        if let Some(name) = self.log.holds_secret(&document) {
            return Err(Error::Denied(format!(
                "the document holds the secret {name}, and secrets are not stored in vCons"
            )));
        }
        // Noted before: an answer that does not come does not mean that nothing happened.
        self.changed_outside = true;
        let created = Arc::clone(&self.context.documents).create(&document).await;
        created.map(String::from).map_err(|error| match error {
            CreateError::Invalid(text) => Error::BadJson(text),
            CreateError::Unavailable(text) => Error::Unavailable(text),
        })
    }

    async fn delete(&mut self, id: String) -> Result<bool, Error> {
        self.may(self.context.grants.delete, "delete")?;
        let id = vcon_id(&id)?;
        self.changed_outside = true;
        Arc::clone(&self.context.documents)
            .delete(&id)
            .await
            .map_err(Error::Unavailable)
    }

    fn expire(&mut self, id: String, seconds: i64) -> Result<(), Error> {
        self.may(self.context.grants.expire, "expire")?;
        let id = vcon_id(&id)?;
        if self.effects.expire.len() >= MAX_EFFECTS {
            return Err(Error::Limit(format!("more than {MAX_EFFECTS} lifetimes in one call")));
        }
        self.effects.expire.push((id, seconds));
        Ok(())
    }
}

impl CallState {
    fn may(&mut self, granted: bool, what: &str) -> Result<(), Error> {
        if !granted {
            return Err(Error::Denied(format!(
                "`vcons: [{what}]` is missing in the grants of the link {}",
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
