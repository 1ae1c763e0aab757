//! Bytes of components that a host keeps beside their compiled code.
//!
//! Guarantee: kept bytes are returned as they were, or not at all. Without a directory for the
//! cache nothing is kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::background::run_on;
use crate::engine::Sandbox;
use vconduit_base::names::Digest;

impl Sandbox {
    /// Keeps the bytes of a component. A failure is logged.
    pub async fn keep_bytes(self: &Arc<Self>, digest: &Digest, bytes: Bytes) {
        let digest = digest.clone();
        let kept = run_on(self, move |sandbox| sandbox.cache.keep_bytes(&digest, &bytes)).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the bytes of a component were not kept");
        }
    }

    /// Returns the bytes of a component, if they are kept and intact.
    pub async fn kept_bytes(self: &Arc<Self>, digest: &Digest) -> Option<Bytes> {
        let digest = digest.clone();
        let kept = run_on(self, move |sandbox| sandbox.cache.kept_bytes(&digest)).await;
        kept.ok().flatten().map(Bytes::from)
    }

    /// Removes the kept bytes of all other components.
    pub async fn forget_kept_bytes(self: &Arc<Self>, except: BTreeSet<Digest>) {
        let removed = run_on(self, move |sandbox| sandbox.cache.forget_kept_bytes(&except)).await;
        if let Err(error) = removed {
            tracing::debug!(%error, "bytes of components that are not needed any more stay");
        }
    }
}
