//! From the configuration source to the snapshot in force, at start and while running.

use std::sync::Arc;

use tokio::sync::watch::Sender;

use super::StartError;
use vconduit_base::names::Digest;
use vconduit_engine::hosts::Standing;
use vconduit_engine::registry::{Registry, RegistryError};
use vconduit_engine::reload::{ConfigSource, Loaded};
use vconduit_engine::snapshot::{Live, Snapshot};
use vconduit_telemetry::metrics;

/// The first snapshot. A host does not start with a configuration that can't run. `ahead` hears of versions that nobody has put in
/// force yet.
pub(super) async fn first(
    source: &ConfigSource,
    registry: &Registry,
    ahead: &Sender<Vec<Digest>>,
) -> Result<Snapshot, StartError> {
    let loaded = source
        .start()
        .await
        .map_err(|error| StartError::Config(error.to_string()))?;
    let snapshot = registry.snapshot(loaded.config, loaded.revision).await;
    let snapshot = snapshot.map_err(|errors| StartError::Config(lines(&errors)))?;
    log_warnings(&snapshot);
    ahead.send_replace(loaded.uploaded);
    Ok(snapshot)
}

/// Takes every change that can run; keeps what is in force otherwise.
pub(super) async fn watch(
    source: ConfigSource,
    registry: Arc<Registry>,
    live: Live,
    standing: Arc<Standing>,
    ahead: Sender<Vec<Digest>>,
) {
    let mut changes = source.watch(live.load().revision);
    while let Some(change) = changes.recv().await {
        let Loaded {
            config,
            revision,
            uploaded,
        } = match change {
            Ok(loaded) => loaded,
            Err(broken) => {
                standing.refused(broken.revision, broken.reason);
                continue;
            }
        };
        let before = live.load_full();
        match registry.snapshot(config, revision).await {
            Ok(snapshot) => {
                let changes = vconduit_config::diff::diff(&before.config, &snapshot.config);
                tracing::info!(revision, %changes, "another configuration is in force");
                log_warnings(&snapshot);
                live.store(Arc::new(snapshot));
                standing.taken();
                metrics::config_revision(revision);
            }
            Err(errors) => {
                let problems = lines(&errors);
                tracing::error!(
                    revision,
                    problems,
                    "the changed configuration can't run; the one before stays in force"
                );
                standing.refused(revision, problems);
            }
        }
        // What is in force comes first.
        ahead.send_replace(uploaded);
    }
}

/// One line in the log for each part of the configuration that has no effect.
fn log_warnings(snapshot: &Snapshot) {
    for warning in &snapshot.warnings {
        tracing::warn!(path = warning.path, "{}; {}", warning.message, warning.hint);
    }
}

fn lines(errors: &[RegistryError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
