//! Sources of the configuration while hosts run: the file and the store's copy.
//!
//! Guarantee: a configuration from here has no errors. A broken or half-written file changes
//! nothing. Every host of a store ends with the same copy, the last one saved. A file counts when
//! it is new: a host that starts again with the file that was read last does not undo changes
//! through the API.

mod file;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::control::change::Copies as _;
use crate::registry::config_reader;
use file::Seen;
use vconduit_base::ConfigEntries;
use vconduit_base::names::Digest;
use vconduit_config::store_copy::{self, are_equal, to_entries};
use vconduit_config::{Checked, Config, check};
use vconduit_store::{Store, StoreError};

/// A configuration that can be used, and the revision of the store's copy that it is.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Of the store's copy.
    pub revision: u64,
    /// Of each link the version that was uploaded last, active or not.
    pub uploaded: Vec<Digest>,
}

impl Loaded {
    fn new(config: Config, revision: u64, entries: &ConfigEntries) -> Self {
        Self {
            config,
            revision,
            uploaded: store_copy::newest_versions(entries),
        }
    }
}

/// A copy in the store that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Of the store's copy.
    pub revision: u64,
    /// The reason, for people.
    pub reason: String,
}

/// A new state of the store's copy.
pub type Change = Result<Loaded, Broken>;

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

    /// Reads the file and saves it in the store, unless the store has it already.
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
        if store_copy::taken_from(&present) == Some(store_copy::fingerprint(&own)) {
            let there = config_reader(Vec::new()).entries(&present);
            if let Some(config) = there.config {
                return Ok(Loaded::new(config, revision, &present));
            }
            log_problems(&there);
            tracing::error!("the store's copy has errors; the file takes its place");
        }
        tell_what_is_lost(&present, &own);
        let entries = store_copy::with_file(own, &present);
        match self.store.save(&entries, revision, None).await? {
            Ok(revision) => usable(&entries, revision),
            Err(_) => self.take_the_others(&entries).await,
        }
    }

    /// Loads the copy that another host saved in the same moment. Saving over it would make the two
    /// hosts alternate, so the first one wins.
    async fn take_the_others(&self, own: &ConfigEntries) -> Result<Loaded, LoadError> {
        let (revision, entries) = self.store.load().await?;
        if !are_equal(&entries, own) {
            tracing::warn!(
                revision,
                "another host has just saved another configuration; that one is used here too"
            );
        }
        usable(&entries, revision)
    }

    /// Watches the file and the store from `revision` on, and sends every new configuration of the
    /// store. Ends when the receiver is dropped.
    pub fn watch(self, revision: u64) -> mpsc::Receiver<Change> {
        let (sender, receiver) = mpsc::channel(1);
        let seen = self.started_with.into_inner().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(watch::Watch::new(self.file, self.store, seen, revision).run(sender));
        receiver
    }
}

/// The configuration that a copy is.
fn usable(entries: &ConfigEntries, revision: u64) -> Result<Loaded, LoadError> {
    let checked = config_reader(Vec::new()).entries(entries);
    judged(checked, revision, entries).map_err(|broken| LoadError::Invalid(broken.reason))
}

/// The new state for a copy that was checked.
fn judged(checked: Checked, revision: u64, entries: &ConfigEntries) -> Change {
    let reason = check::report(&checked, false);
    checked
        .config
        .map(|config| Loaded::new(config, revision, entries))
        .ok_or(Broken { revision, reason })
}

/// The file counts more than what was changed through the API, but not without a word.
fn tell_what_is_lost(present: &ConfigEntries, new: &ConfigEntries) {
    let now = store_copy::configured(present);
    let changed_since = store_copy::taken_from(present).is_some_and(|taken| taken != store_copy::fingerprint(&now));
    if changed_since && !are_equal(&now, new) {
        tracing::warn!("the file is new and replaces the chains, links and storages that were changed through the API");
    }
}

/// One line in the log for each problem.
fn log_problems(checked: &Checked) {
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
