//! Uploaded components: from the bytes in the store to code that is ready, by digest.
//!
//! Guarantee: callers that want the same version at once wait for one compilation. A version that
//! is in use stays ready.
//!
//! Not a cache crate such as `moka`: those evict by size or age. Here, only a version that nobody
//! holds (by its reference count) may be evicted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::{Registry, options};
use crate::snapshot::ReadyLink;
use vconduit_base::names::{Digest, LinkName};
use vconduit_config::{RecordError, VersionRecord, read_grants, store_copy};
use vconduit_policy::Grants;
use vconduit_sandbox::Compiled;
use vconduit_store::{Store, StoreError};

/// Versions that are kept ready in addition to those in use, at some MB each. They make changes
/// between versions immediate.
const KEPT: usize = 16;

/// One version: empty while it is being loaded, or when that failed.
type Cell = Arc<OnceCell<Arc<Compiled>>>;

/// Versions that are ready.
#[derive(Default)]
pub(super) struct Uploaded(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    cells: HashMap<Digest, (Cell, u64)>,
    /// Goes up with every use.
    uses: u64,
}

impl Uploaded {
    fn cell(&self, digest: &Digest) -> Cell {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        if let Some((cell, used)) = kept.cells.get_mut(digest) {
            *used = now;
            return cell.clone();
        }
        kept.forget();
        let cell = Cell::default();
        kept.cells.insert(digest.clone(), (cell.clone(), now));
        cell
    }

    /// A version, if it is ready now.
    pub(super) fn ready(&self, digest: &Digest) -> Option<Arc<Compiled>> {
        self.cell(digest).get().cloned()
    }
}

impl Kept {
    /// Forgets what failed to load, and of what nobody uses all but the last few.
    fn forget(&mut self) {
        self.cells
            .retain(|_, (cell, _)| cell.get().is_some() || Arc::strong_count(cell) > 1);
        let mut idle: Vec<(u64, Digest)> = self
            .cells
            .iter()
            .filter(|(_, (cell, _))| cell.get().is_some_and(|version| Arc::strong_count(version) == 1))
            .map(|(digest, (_, used))| (*used, digest.clone()))
            .collect();
        idle.sort_unstable();
        // The one to come is kept as well.
        let excess = (idle.len() + 1).saturating_sub(KEPT);
        for (_, digest) in idle.into_iter().take(excess) {
            self.cells.remove(&digest);
        }
    }
}

/// Reason why a version can't run.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The store did not respond. A later try may succeed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This registry has no store.
    #[error("component sha256:{0} is in a server's store, and there is no server here")]
    NoStore(Digest),
    /// The link's record does not allow it.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is not there, does not compile, or does not fit the link; in words for people.
    #[error("{0}")]
    Unusable(String),
}

impl Registry {
    /// An uploaded component, ready to be called.
    ///
    /// # Errors
    /// When the store does not have it, or it can't be compiled; in words for people.
    pub async fn version(&self, digest: &Digest) -> Result<Arc<Compiled>, String> {
        self.compiled(digest).await.map_err(|error| error.to_string())
    }

    /// Returns a link in another of its versions, ready to be called. It has the grants of that
    /// version, and the version's defaults overlaid with the link's options and those of its place
    /// in the chain, `own`.
    ///
    /// # Errors
    /// When the version is held or not available, or the options do not fit it.
    pub async fn link_at(
        &self,
        name: &LinkName,
        active: &ReadyLink,
        digest: &Digest,
        own: &Map<String, Value>,
    ) -> Result<ReadyLink, VersionError> {
        if active.component.digest == *digest {
            return Ok(active.clone());
        }
        let (_, entries) = self.store_for(digest)?.load_config().await?;
        let record = store_copy::record(&entries, name.as_str()).map_err(VersionError::Unusable)?;
        let grants = granted(record.allowed(digest.as_str())?)?;
        let component = self.compiled(digest).await?;
        let mut wanted = active.link.options.clone();
        wanted.extend(own.clone());
        let options = options::fitted(component.description(), wanted).map_err(|problems| {
            VersionError::Unusable(format!("the link's options don't fit version {digest}: {problems}"))
        })?;
        let options_text = Value::Object(options.clone()).to_string().into();
        Ok(ReadyLink {
            component,
            options,
            options_text,
            grants: Arc::new(grants),
            warm: active.link.warm.unwrap_or(false),
            ..active.clone()
        })
    }

    /// Keeps a version that was just compiled, so that its activation need not load it again.
    pub fn keep_version(&self, compiled: &Arc<Compiled>) {
        // If another caller loads it at this moment, its result is just as good.
        let _ = self.uploaded.cell(&compiled.digest).set(compiled.clone());
    }

    async fn compiled(&self, digest: &Digest) -> Result<Arc<Compiled>, VersionError> {
        let cell = self.uploaded.cell(digest);
        cell.get_or_try_init(|| self.load(digest)).await.cloned()
    }

    fn store_for(&self, digest: &Digest) -> Result<&Arc<dyn Store>, VersionError> {
        self.store.as_ref().ok_or_else(|| VersionError::NoStore(digest.clone()))
    }

    async fn load(&self, digest: &Digest) -> Result<Arc<Compiled>, VersionError> {
        let Some(bytes) = self.store_for(digest)?.component(digest).await? else {
            return Err(VersionError::Unusable(format!(
                "there is no component sha256:{digest} in the store; upload it again"
            )));
        };
        let compiled = self.sandbox.compile(bytes.clone()).await;
        let compiled =
            compiled.map_err(|error| VersionError::Unusable(format!("component sha256:{digest}: {error}")))?;
        self.keep_bytes(digest, bytes).await;
        Ok(compiled)
    }
}

/// Grants of a version: none while nobody has decided.
fn granted(version: &VersionRecord) -> Result<Grants, VersionError> {
    let Some(grants) = &version.grants else {
        return Ok(Grants::default());
    };
    read_grants(grants).map_err(|problems| {
        let problems: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        VersionError::Unusable(format!(
            "the grants of version {} can't be read: {}",
            version.digest,
            problems.join("; ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> Digest {
        Digest::of(&number.to_le_bytes())
    }

    #[test]
    fn callers_at_once_share_one_place() {
        let uploaded = Uploaded::default();
        let first = uploaded.cell(&digest(1));
        assert!(Arc::ptr_eq(&first, &uploaded.cell(&digest(1))));
        assert!(!Arc::ptr_eq(&first, &uploaded.cell(&digest(2))));
    }

    #[test]
    fn what_failed_to_load_takes_no_room() {
        let uploaded = Uploaded::default();
        let waiting = uploaded.cell(&digest(0));
        for number in 1..100 {
            drop(uploaded.cell(&digest(number)));
        }
        let kept = uploaded.0.lock().unwrap();
        assert_eq!(kept.cells.len(), 2, "the one that is waited for and the last");
        assert!(Arc::ptr_eq(&waiting, &kept.cells[&digest(0)].0));
    }
}
