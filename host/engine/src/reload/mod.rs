//! Sources of the configuration while hosts run: the file and the store's copy.
//!
//! Guarantee: a configuration from here has no errors. A broken or half-written file changes
//! nothing. Every host of a store ends with the same copy, the last one saved. A file counts when
//! it is new: a host that starts with a file that was taken before undoes neither changes through
//! the API nor a newer file of another host.

mod file;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::active::{Follower, Loaded, log_problems};
use crate::control::change::Copies as _;
use crate::registry::config_reader;
use file::Seen;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::check;
use vconduit_config::store_copy::{self, FileAge, are_equal, to_entries};
use vconduit_store::{Store, StoreError};

/// Reason why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can't be read.
    #[error(transparent)]
    Unreadable(#[from] check::Unreadable),
    /// It has errors; the text is that of `vconduit check-config`.
    #[error("the configuration has errors\n{0}")]
    Invalid(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The file and the store's copy.
pub struct ConfigSource {
    file: PathBuf,
    store: Arc<dyn Store>,
    /// State of the file that [`ConfigSource::start`] read. The watch continues from it.
    started_with: Mutex<Option<Seen>>,
}

impl ConfigSource {
    /// A source; nothing is read yet.
    pub fn new(file: PathBuf, store: Arc<dyn Store>) -> Self {
        Self {
            file,
            store,
            started_with: Mutex::new(None),
        }
    }

    /// Reads the file and saves it in the store, unless it was taken before.
    ///
    /// # Errors
    /// When the file can't be read or has errors, and when the store does not respond.
    pub fn start(&self) -> BoxFuture<'_, Result<Loaded, LoadError>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.load().boxed()
    }

    async fn load(&self) -> Result<Loaded, LoadError> {
        let (seen, text) = file::read(&self.file).await?;
        let (revision, present) = self.store.load().await?;
        let uploaded = store_copy::uploaded_names(&present);
        let checked = config_reader(uploaded).text(&text, &self.file.to_string_lossy());
        if checked.config.is_none() {
            return Err(LoadError::Invalid(check::report(&checked, false)));
        }
        log_problems(&checked);
        *self.started_with.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        let own = to_entries(&checked.written);
        let age = store_copy::age_of_file(&own, &present);
        if age != FileAge::New {
            let there = config_reader(Vec::new()).entries(&present);
            if let Some(config) = there.config {
                if age == FileAge::Earlier {
                    self.tell_that_it_is_old(&own, &present);
                }
                return Ok(Loaded {
                    config,
                    revision,
                    entries: present,
                });
            }
            log_problems(&there);
            tracing::error!("the store's copy has errors; the file takes its place");
        }
        tell_what_is_lost(&present, &own);
        let entries = store_copy::with_file(own, &present);
        match self.store.save(&entries, revision, None).await? {
            Ok(revision) => usable(entries, revision),
            Err(_) => self.take_the_others(&entries).await,
        }
    }

    /// Loads the copy that another host saved in the same moment. Saving over it would make the two
    /// hosts alternate, so the first one wins.
    async fn take_the_others(&self, own: &ConfigEntries) -> Result<Loaded, LoadError> {
        let (revision, entries) = self.store.load().await?;
        if !are_equal(&store_copy::configured(&entries), &store_copy::configured(own)) {
            tracing::warn!(
                %revision,
                "another host has just saved another configuration; that one is used here too"
            );
        }
        usable(entries, revision)
    }

    /// An old file is normal while a new one is rolled out. Whoever wants to return to it has to
    /// say so.
    fn tell_that_it_is_old(&self, own: &ConfigEntries, present: &ConfigEntries) {
        if are_equal(&store_copy::configured(present), own) {
            return;
        }
        tracing::warn!(
            "{} was taken before, and a newer file after it: the newer configuration stays in force. To return to this \
             file, change it while a host runs (a comment is enough), or send its content to POST /config",
            self.file.display()
        );
    }

    /// Watches the file and the store, and makes every new configuration of the store active. Never
    /// ends by itself.
    pub fn watch(self, follower: Arc<Follower>) -> BoxFuture<'static, ()> {
        let seen = self.started_with.into_inner().unwrap_or_else(PoisonError::into_inner);
        watch::Watch::new(self.file, follower, seen).run().boxed()
    }
}

/// The configuration that a copy is.
fn usable(entries: ConfigEntries, revision: ConfigRevision) -> Result<Loaded, LoadError> {
    let checked = config_reader(Vec::new()).entries(&entries);
    let reason = check::report(&checked, false);
    let config = checked.config.ok_or(LoadError::Invalid(reason))?;
    Ok(Loaded {
        config,
        revision,
        entries,
    })
}

/// The file counts more than what was changed through the API, but not without a word.
fn tell_what_is_lost(present: &ConfigEntries, new: &ConfigEntries) {
    let now = store_copy::configured(present);
    let changed_since = store_copy::taken_from(present).is_some_and(|taken| taken != store_copy::fingerprint(&now));
    if changed_since && !are_equal(&now, new) {
        tracing::warn!("the file is new and replaces the chains, links and storages that were changed through the API");
    }
}
