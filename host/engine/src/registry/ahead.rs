//! Compiles uploaded versions before they are activated.
//!
//! Guarantee: the latest upload of each link is fetched and compiled on every host, in the
//! background, one at a time and once. If that fails, its activation returns the reason.

use std::collections::HashSet;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::watch;

use super::Registry;
use vconduit_base::names::Digest;

impl Registry {
    /// Makes versions ready until the sender is dropped. A newer list replaces the one before.
    pub fn make_ready_ahead(&self, uploaded: watch::Receiver<Vec<Digest>>) -> BoxFuture<'_, ()> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.make_uploads_ready(uploaded).boxed()
    }

    async fn make_uploads_ready(&self, mut uploaded: watch::Receiver<Vec<Digest>>) {
        let mut tried = HashSet::new();
        while uploaded.changed().await.is_ok() {
            while let Some(digest) = next(&mut uploaded, &mut tried) {
                if let Err(reason) = self.version(&digest).await {
                    tracing::warn!(%reason, "an uploaded version could not be made ready ahead of its activation");
                }
            }
        }
    }
}

/// Returns the first version that was not tried yet, and notes it as tried. Versions that are no
/// longer on the list are forgotten.
fn next(uploaded: &mut watch::Receiver<Vec<Digest>>, tried: &mut HashSet<Digest>) -> Option<Digest> {
    let newest = uploaded.borrow_and_update();
    tried.retain(|digest| newest.contains(digest));
    let next = newest.iter().find(|digest| !tried.contains(*digest)).cloned()?;
    tried.insert(next.clone());
    Some(next)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use vconduit_config::Settings;
    use vconduit_sandbox::{Sandbox, SandboxSettings};
    use vconduit_standard_links::standard;
    use vconduit_storage::factory::StorageContext;
    use vconduit_store::ComponentStore as _;
    use vconduit_store::sqlite::SqliteStore;

    const SOON: Duration = Duration::from_secs(60);

    async fn until_ready(registry: &Registry, digest: &Digest) {
        let looking = async {
            while registry.uploaded.ready(digest).is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, looking).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_uploaded_is_ready_before_it_is_asked_for_whatever_comes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
        let store = Arc::new(SqliteStore::open(folder.path(), lifetimes).unwrap());
        let storages = StorageContext {
            redis_url: None,
            data_dir: folder.path().to_owned(),
            secrets: Arc::new(|_| None),
        };
        let sandbox = Sandbox::new(SandboxSettings::default()).unwrap();
        let registry = Arc::new(Registry::new(sandbox, storages, store.clone()));
        let (sender, receiver) = watch::channel(Vec::new());
        let running = {
            let registry = registry.clone();
            tokio::spawn(async move { registry.make_ready_ahead(receiver).await })
        };
        let mut digests = Vec::new();
        for link in standard().take(2) {
            let digest = Digest::of(link.bytes);
            let bytes = Bytes::from_static(link.bytes);
            store.keep_component(&digest, bytes, "{}").await.unwrap();
            digests.push(digest);
        }
        let (missing, first, second) = (Digest::of(b"nowhere"), digests.remove(0), digests.remove(0));
        assert!(registry.uploaded.ready(&first).is_none());
        sender.send_replace(vec![missing.clone(), first.clone()]);
        until_ready(&registry, &first).await;
        sender.send_replace(vec![missing, first, second.clone()]);
        until_ready(&registry, &second).await;
        drop(sender);
        tokio::time::timeout(SOON, running).await.unwrap().unwrap();
    }

    #[test]
    fn each_is_tried_once_as_long_as_it_is_on_the_list() {
        let digests: Vec<Digest> = (0..3_u8).map(|number| Digest::of(&[number])).collect();
        let (sender, mut uploaded) = watch::channel(digests.clone());
        let mut tried = HashSet::new();
        let mut order: Vec<Digest> = std::iter::from_fn(|| next(&mut uploaded, &mut tried)).collect();
        assert_eq!(order, digests);
        sender.send_replace(vec![digests[1].clone()]);
        assert_eq!(next(&mut uploaded, &mut tried), None, "it was tried");
        sender.send_replace(digests.clone());
        order = std::iter::from_fn(|| next(&mut uploaded, &mut tried)).collect();
        assert_eq!(
            order,
            [digests[0].clone(), digests[2].clone()],
            "they were gone and are new"
        );
    }
}
