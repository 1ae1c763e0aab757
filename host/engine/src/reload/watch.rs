//! The loop that watches the file and the store's copy.
//!
//! Guarantee: two checks are at most [`PAUSE`] and one response of the store apart. A store that is
//! unavailable does not end the loop, and no change is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::file::{FileWatch, Seen};
use super::{Change, judged, log_problems, tell_what_is_lost};
use crate::control::change::{ChangeError, ConfigEdit, Copies as _, Decision, change};
use crate::registry::config_reader;
use vconduit_base::ConfigEntries;
use vconduit_config::check;
use vconduit_config::store_copy::{self, to_entries};
use vconduit_store::{Store, StoreError};

/// Between two looks. A change of the file is taken at the second look that sees it.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) struct Watch {
    file: PathBuf,
    store: Arc<dyn Store>,
    look: FileWatch,
    revision: u64,
    /// The file's new text on its way into the store.
    new_text: Option<String>,
}

impl Watch {
    pub(super) fn new(file: PathBuf, store: Arc<dyn Store>, seen: Option<Seen>, revision: u64) -> Self {
        Self {
            file,
            store,
            look: FileWatch::new(seen),
            revision,
            new_text: None,
        }
    }

    pub(super) async fn run(mut self, changes: mpsc::Sender<Change>) {
        loop {
            tokio::select! {
                () = changes.closed() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            self.look_at_file().await;
            match self.follow_store().await {
                Ok(Some(change)) => {
                    if changes.send(change).await.is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                // Whoever keeps the connection says so; here the next look tries again.
                Err(error) => tracing::debug!(%error, "the store's configuration can't be followed now"),
            }
        }
    }

    async fn look_at_file(&mut self) {
        let Some(text) = self.look.look(&self.file).await else {
            return;
        };
        if text.trim().is_empty() {
            // An editor or a copy leaves an empty file for a moment. As a configuration it would
            // stop all chains.
            let file = self.file.display();
            tracing::error!("{file} is empty; the configuration in force stays (write `{{}}` for one without chains)");
            return;
        }
        self.new_text = Some(text);
    }

    /// Saves what the file brought, then takes what the store has, if that is new.
    async fn follow_store(&mut self) -> Result<Option<Change>, StoreError> {
        if let Some(text) = self.new_text.take()
            && let Err(error) = self.take_file(&text).await
        {
            self.new_text = Some(text);
            return Err(error);
        }
        let revision = self.store.revision().await?;
        // Revision 0 means that the store has lost its copy. There is nothing to load, and the host
        // with the file has to save it again.
        if revision == self.revision || revision == 0 {
            return Ok(None);
        }
        let (revision, entries) = self.store.load().await?;
        self.revision = revision;
        let checked = config_reader(Vec::new()).entries(&entries);
        if checked.has_errors() {
            log_problems(&checked);
            tracing::error!(
                revision,
                "{}; the configuration in force stays",
                check::summary(&checked)
            );
        }
        Ok(Some(judged(checked, revision, &entries)))
    }

    async fn take_file(&self, text: &str) -> Result<(), StoreError> {
        let decide = |present: &ConfigEntries| Ok(self.with_file(text, present));
        // Each host judges for itself whether the file can run there, and says so.
        match change::<_, ChangeError>(&self.store, None, decide).await {
            Ok(_) => Ok(()),
            Err(ChangeError::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!("{error}; this host's file was not saved");
                Ok(())
            }
        }
    }

    /// The present copy with the chains, links and storages of the file. Nothing is saved when the
    /// file has errors or was read before.
    fn with_file(&self, text: &str, present: &ConfigEntries) -> Decision<()> {
        let Some(own) = self.checked(text, present) else {
            return Decision::Keep(());
        };
        if store_copy::taken_from(present) == Some(store_copy::fingerprint(&own)) {
            return Decision::Keep(());
        }
        tell_what_is_lost(present, &own);
        Decision::Save(ConfigEdit {
            entries: store_copy::with_file(own, present),
            audit: None,
            outcome: (),
        })
    }

    fn checked(&self, text: &str, present: &ConfigEntries) -> Option<ConfigEntries> {
        let uploaded = store_copy::uploaded_names(present);
        let checked = config_reader(uploaded).text(text, &self.file.to_string_lossy());
        log_problems(&checked);
        let summary = check::summary(&checked);
        if checked.has_errors() {
            tracing::error!("{summary}; the configuration in force stays");
            return None;
        }
        tracing::info!("{summary}; it goes into the store");
        Some(to_entries(&checked.written))
    }
}
