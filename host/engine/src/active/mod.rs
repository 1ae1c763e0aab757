//! The configuration that this host runs: follows the store's copy, and puts the copy back when the
//! store has lost it.
//!
//! Guarantee: a configuration that has errors or can't run on this host changes nothing and is
//! reported. When [`Follower::follow`] returns, the copy that the store had at the call, or a later
//! one, is active or refused. A store that lost its copy gets it back from the first host that
//! notices: over no other copy, with the records of links, and with the components that hosts have.
//! If a starting host was faster and began anew with its file, what that copy lacks is added.

mod activation;
mod loss;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, watch};

use crate::events::Events;
use crate::hosts::Standing;
use crate::registry::{Registry, RegistryError, config_reader};
use crate::snapshot::Live;
use loss::ComponentsDue;
use vconduit_base::names::{Digest, ListName};
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::store_copy::{self, are_equal};
use vconduit_config::{Checked, Config, check};
use vconduit_store::{Store, StoreError};

/// A configuration that can be read, and the copy of the store that it is.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Of the store's copy.
    pub revision: ConfigRevision,
    /// The copy.
    pub entries: ConfigEntries,
}

/// Makes the store's copy active on this host. Exists once in a host.
pub struct Follower {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    live: Live,
    standing: Arc<Standing>,
    /// Of each link the version that was uploaded last. They are compiled ahead of their
    /// activation.
    uploads: watch::Sender<Vec<Digest>>,
    ingress: watch::Sender<Vec<ListName>>,
    events: Events,
    taken: Mutex<Taken>,
}

/// The copy that was taken last.
#[derive(Default)]
struct Taken {
    /// Its revision, whether it could be used or not.
    revision: ConfigRevision,
    /// The last copy without errors.
    entries: ConfigEntries,
    is_loss_logged: bool,
    components: ComponentsDue,
}

impl Follower {
    /// Puts the parts together. Nothing is active yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>, live: Live, events: Events) -> Self {
        Self {
            store,
            registry,
            live,
            standing: Arc::default(),
            uploads: watch::Sender::new(Vec::new()),
            ingress: watch::Sender::new(Vec::new()),
            events,
            taken: Mutex::default(),
        }
    }

    /// The store whose copy is followed.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Result of the last configuration, for the report of this host.
    #[must_use]
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The versions of links that were uploaded last, from the next change on.
    #[must_use]
    pub fn uploads(&self) -> watch::Receiver<Vec<Digest>> {
        self.uploads.subscribe()
    }

    /// The ingress lists of the active configuration.
    #[must_use]
    pub fn ingress_lists(&self) -> watch::Receiver<Vec<ListName>> {
        self.ingress.subscribe()
    }

    /// Activates the first configuration of this host, unless a request was faster.
    ///
    /// # Errors
    /// All links and storages that can't be made ready.
    pub fn begin(&self, loaded: Loaded) -> BoxFuture<'_, Result<(), Vec<RegistryError>>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.activate_first(loaded).boxed()
    }

    /// Takes the store's copy, if it is another one than the last that was taken.
    ///
    /// # Errors
    /// When the store is unavailable or refuses. A later call continues.
    pub fn follow(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.follow_store().boxed()
    }

    async fn follow_store(&self) -> Result<(), StoreError> {
        let mut taken = self.taken.lock().await;
        let revision = self.store.config_revision().await?;
        if revision != taken.revision {
            if revision.is_none() {
                self.put_back(&mut taken).await?;
            }
            self.take(&mut taken).await?;
        }
        self.restore_components(&mut taken).await
    }

    async fn take(&self, taken: &mut Taken) -> Result<(), StoreError> {
        let (revision, entries) = self.store.load_config().await?;
        if revision.is_none() {
            // Lost at this moment. The next call puts it back.
            return Ok(());
        }
        let Some((revision, entries)) = self.mended(taken, revision, entries).await? else {
            // Changed at this moment. The next call takes it.
            return Ok(());
        };
        let checked = config_reader(Vec::new()).entries(&entries);
        if checked.has_errors() {
            log_problems(&checked);
            let summary = check::summary(&checked);
            tracing::error!(%revision, "{summary}; the configuration in force stays");
        }
        let reason = check::report(&checked, false);
        match checked.config {
            Some(config) => {
                let loaded = Loaded {
                    config,
                    revision,
                    entries: entries.clone(),
                };
                self.activate(loaded).await;
                if are_equal(&entries, &taken.entries) {
                    // Another host may have put it back without the components that this one has.
                    taken.components.quietly();
                }
                self.registry.forget_kept_bytes(&store_copy::versions(&entries)).await;
                taken.entries = entries;
            }
            None => self.standing.refused(revision, reason),
        }
        // Last: a caller that no longer waits for its change leaves nothing half taken.
        taken.revision = revision;
        Ok(())
    }
}

/// Logs one line for each problem.
pub(crate) fn log_problems(checked: &Checked) {
    for problem in &checked.problems {
        let line = check::problem_text(&checked.source, problem)
            .trim_end()
            .replace("\n  ", "; ");
        match problem.severity {
            vconduit_config::Severity::Error => tracing::error!("{line}"),
            vconduit_config::Severity::Warning => tracing::warn!("{line}"),
        }
    }
}
