//! Bytes of uploaded components that this host keeps beside their compiled code, for a store that
//! loses them.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Registry, about};
use vconduit_base::ConfigEntries;
use vconduit_base::names::Digest;
use vconduit_config::store_copy;
use vconduit_store::{Store, StoreError};

impl Registry {
    /// Keeps the bytes of a component. If that fails, only a loss of the store can't be mended.
    pub async fn keep_bytes(&self, digest: &Digest, bytes: Bytes) {
        self.sandbox.keep_bytes(digest, bytes).await;
    }

    /// Removes the kept bytes of all other components.
    pub async fn forget_kept_bytes(&self, except: &BTreeSet<Digest>) {
        self.sandbox.forget_kept_bytes(except.clone()).await;
    }

    /// Uploads the components of all versions that the store lacks. Returns those whose bytes this
    /// host does not have, or could not store.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn restore_components(&self, entries: &ConfigEntries) -> Result<Vec<Digest>, StoreError> {
        let Some(store) = &self.store else {
            return Ok(Vec::new());
        };
        let mut missing = Vec::new();
        for digest in store_copy::versions(entries) {
            let is_there = store.about_component(&digest).await?.is_some();
            if !is_there && !self.restore(store.as_ref(), &digest).await? {
                missing.push(digest);
            }
        }
        Ok(missing)
    }

    /// Returns false if this host can't restore the component.
    async fn restore(&self, store: &dyn Store, digest: &Digest) -> Result<bool, StoreError> {
        let Some(bytes) = self.sandbox.kept_bytes(digest).await else {
            return Ok(false);
        };
        let compiled = match self.uploaded.ready(digest) {
            Some(compiled) => compiled,
            None => match self.sandbox.compile(bytes.clone()).await {
                Ok(compiled) => compiled,
                Err(error) => {
                    tracing::warn!(%digest, %error, "a component can't be put back into the store");
                    return Ok(false);
                }
            },
        };
        let about = serde_json::to_string(&about(&compiled)).unwrap_or_default();
        match store.keep_component(digest, bytes, &about).await {
            Ok(_) => {
                tracing::info!(%digest, "a component is in the store again");
                Ok(true)
            }
            Err(error @ StoreError::Unavailable(_)) => Err(error),
            Err(error) => {
                tracing::warn!(%digest, %error, "a component can't be put back into the store");
                Ok(false)
            }
        }
    }
}
