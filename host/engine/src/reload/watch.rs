//! The loop that watches the file and the store's copy.
//!
//! Guarantee: two checks are at most [`PAUSE`] and one response of the store apart. A store that is
//! unavailable does not end the loop, and no change is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::file::{FileWatch, Seen};
use super::tell_what_is_lost;
use crate::active::{Follower, log_problems};
use crate::control::change::{ChangeError, ConfigEdit, Decision, change_here};
use crate::registry::config_reader;
use vconduit_base::ConfigEntries;
use vconduit_config::check;
use vconduit_config::store_copy::{self, FileAge, to_entries};
use vconduit_store::StoreError;

/// Between two looks. A change of the file is taken at the second look that sees it.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) struct Watch {
    file: PathBuf,
    follower: Arc<Follower>,
    look: FileWatch,
    /// The file's new text on its way into the store.
    new_text: Option<String>,
}

impl Watch {
    pub(super) fn new(file: PathBuf, follower: Arc<Follower>, seen: Option<Seen>) -> Self {
        Self {
            file,
            follower,
            look: FileWatch::new(seen),
            new_text: None,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.look_at_file().await;
            if let Err(error) = self.follow_store().await {
                // Whoever keeps the connection says so; here the next look tries again.
                tracing::debug!(%error, "the store's configuration can't be followed now");
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
    async fn follow_store(&mut self) -> Result<(), StoreError> {
        if let Some(text) = self.new_text.take()
            && let Err(error) = self.take_file(&text).await
        {
            self.new_text = Some(text);
            return Err(error);
        }
        self.follower.follow().await
    }

    async fn take_file(&self, text: &str) -> Result<(), StoreError> {
        let decide = |present: &ConfigEntries| Ok(self.with_file(text, present));
        // Each host judges for itself whether the file can run there, and says so.
        match change_here::<_, ChangeError>(&self.follower, None, decide).await {
            Ok(_) => Ok(()),
            Err(ChangeError::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!("{error}; this host's file was not saved");
                Ok(())
            }
        }
    }

    /// The present copy with the chains, links and storages of the file. Nothing is saved when the
    /// file has errors or is the one that was taken last. An earlier one is taken: it was put in
    /// place while a host runs, so someone returns to it.
    fn with_file(&self, text: &str, present: &ConfigEntries) -> Decision<()> {
        let Some(own) = self.checked(text, present) else {
            return Decision::Keep(());
        };
        if store_copy::age_of_file(&own, present) == FileAge::Latest {
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
