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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SandboxSettings;

    #[tokio::test]
    async fn kept_bytes_are_returned_intact_or_not_at_all_and_until_they_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let settings = SandboxSettings {
            max_concurrent_calls: 1,
            cache_dir: Some(folder.path().to_owned()),
            ..SandboxSettings::default()
        };
        let sandbox = Sandbox::new(settings).unwrap();
        let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
        let (first, second) = (Digest::of(&one), Digest::of(&two));
        assert_eq!(sandbox.kept_bytes(&first).await, None);
        sandbox.keep_bytes(&first, one.clone()).await;
        sandbox.keep_bytes(&second, two.clone()).await;
        let other = folder.path().join("of-another-program.wasm");
        std::fs::write(&other, "x").unwrap();
        assert_eq!(sandbox.kept_bytes(&first).await, Some(one));
        sandbox.forget_kept_bytes(BTreeSet::from([second.clone()])).await;
        assert_eq!(sandbox.kept_bytes(&first).await, None, "it was not forgotten");
        assert_eq!(sandbox.kept_bytes(&second).await, Some(two));
        assert!(other.exists(), "a file of another program was removed");
        std::fs::write(folder.path().join(format!("bytes-{second}.wasm")), "tw").unwrap();
        assert_eq!(sandbox.kept_bytes(&second).await, None, "damaged bytes were returned");
    }
}
