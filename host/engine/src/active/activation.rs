//! From a copy to the snapshot that runs.

use std::sync::Arc;

use super::{Follower, Loaded};
use crate::registry::RegistryError;
use crate::snapshot::Snapshot;
use vconduit_config::{diff, store_copy};
use vconduit_telemetry::metrics;

impl Follower {
    pub(super) async fn activate_first(&self, loaded: Loaded) -> Result<(), Vec<RegistryError>> {
        let mut taken = self.taken.lock().await;
        if !self.live.load().revision.is_none() {
            return Ok(());
        }
        let uploaded = store_copy::newest_versions(&loaded.entries);
        let snapshot = self.registry.snapshot(loaded.config, loaded.revision).await?;
        self.swap(snapshot);
        self.uploads.send_replace(uploaded);
        taken.revision = loaded.revision;
        taken.entries = loaded.entries;
        Ok(())
    }

    /// Activates a configuration that can run. For any other the active one stays.
    pub(super) async fn activate(&self, loaded: Loaded) {
        let revision = loaded.revision;
        let uploaded = store_copy::newest_versions(&loaded.entries);
        let before = self.live.load_full();
        match self.registry.snapshot(loaded.config, revision).await {
            Ok(snapshot) => {
                let changes = diff::diff(&before.config, &snapshot.config);
                tracing::info!(%revision, %changes, "a new configuration is active");
                self.swap(snapshot);
            }
            Err(errors) => {
                let problems = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                tracing::error!(
                    %revision,
                    problems,
                    "the changed configuration can't run; the one before stays active"
                );
                self.standing.refused(revision, problems);
            }
        }
        // After the activation: versions that are active come first.
        self.uploads.send_replace(uploaded);
    }

    fn swap(&self, snapshot: Snapshot) {
        for warning in &snapshot.warnings {
            tracing::warn!(path = warning.path, "{}; {}", warning.message, warning.hint);
        }
        metrics::config_revision(snapshot.revision);
        self.ingress.send_replace(snapshot.config.ingress_lists());
        self.live.store(Arc::new(snapshot));
        self.standing.activated();
    }
}
