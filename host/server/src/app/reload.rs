//! Loads the configuration at start and while the host runs.
//!
//! Guarantee: a host starts only with a configuration that can run. A later one that can't run
//! changes nothing.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch::{self, Sender};

use super::services::Services;
use super::stores::Stores;
use super::tasks::Tasks;
use super::{StartError, ingress};
use vconduit_base::names::{Digest, ListName};
use vconduit_engine::hosts::Standing;
use vconduit_engine::registry::{Registry, RegistryError};
use vconduit_engine::reload::{ConfigSource, Loaded};
use vconduit_engine::snapshot::{Live, Snapshot};
use vconduit_telemetry::metrics;

/// Activates the first configuration, and spawns the tasks that follow its changes. Returns the
/// state that they report.
///
/// # Errors
/// When the configuration can't be read or can't run.
pub(super) async fn start(
    config_file: PathBuf,
    services: &Services,
    stores: &Stores,
    tasks: &Tasks,
) -> Result<Arc<Standing>, StartError> {
    let source = ConfigSource::new(config_file, stores.shared.clone());
    let (uploads, uploaded) = watch::channel(Vec::new());
    let snapshot = first_snapshot(&source, &services.registry, &uploads).await?;
    metrics::config_revision(snapshot.revision);
    let (ingress, ingress_lists) = watch::channel(snapshot.config.ingress_lists());
    tasks.spawn_until_stop(ingress::keep(stores.shared.clone(), ingress_lists));
    services.live.store(Arc::new(snapshot));

    let reload = Reload {
        registry: services.registry.clone(),
        live: services.live.clone(),
        standing: Arc::default(),
        uploads,
        ingress,
    };
    let standing = reload.standing.clone();
    tasks.spawn_until_stop(reload.run(source));
    let registry = services.registry.clone();
    tasks.spawn_until_stop(async move { registry.make_ready_ahead(uploaded).await });
    Ok(standing)
}

async fn first_snapshot(
    source: &ConfigSource,
    registry: &Registry,
    uploads: &Sender<Vec<Digest>>,
) -> Result<Snapshot, StartError> {
    let loaded = source
        .start()
        .await
        .map_err(|error| StartError::Config(error.to_string()))?;
    let snapshot = registry.snapshot(loaded.config, loaded.revision).await;
    let snapshot = snapshot.map_err(|errors| StartError::Config(lines(&errors)))?;
    log_warnings(&snapshot);
    uploads.send_replace(loaded.uploaded);
    Ok(snapshot)
}

/// The state of the task that follows the configuration.
struct Reload {
    registry: Arc<Registry>,
    live: Live,
    /// Result of the last change, for the report of this host.
    standing: Arc<Standing>,
    /// Newest uploaded versions of links. They are compiled ahead of their activation.
    uploads: Sender<Vec<Digest>>,
    /// The ingress lists of the active configuration.
    ingress: Sender<Vec<ListName>>,
}

impl Reload {
    /// Activates every change that can run. For any other the active configuration stays.
    async fn run(self, source: ConfigSource) {
        let mut changes = source.watch(self.live.load().revision);
        while let Some(change) = changes.recv().await {
            match change {
                Ok(loaded) => self.activate(loaded).await,
                Err(broken) => self.standing.refused(broken.revision, broken.reason),
            }
        }
    }

    async fn activate(&self, loaded: Loaded) {
        let revision = loaded.revision;
        let before = self.live.load_full();
        match self.registry.snapshot(loaded.config, revision).await {
            Ok(snapshot) => {
                let changes = vconduit_config::diff::diff(&before.config, &snapshot.config);
                tracing::info!(revision, %changes, "a new configuration is active");
                log_warnings(&snapshot);
                self.ingress.send_replace(snapshot.config.ingress_lists());
                self.live.store(Arc::new(snapshot));
                self.standing.activated();
                metrics::config_revision(revision);
            }
            Err(errors) => {
                let problems = lines(&errors);
                tracing::error!(
                    revision,
                    problems,
                    "the changed configuration can't run; the one before stays active"
                );
                self.standing.refused(revision, problems);
            }
        }
        // After the activation: versions that are active come first.
        self.uploads.send_replace(loaded.uploaded);
    }
}

/// Logs one line for each part of the configuration that has no effect.
fn log_warnings(snapshot: &Snapshot) {
    for warning in &snapshot.warnings {
        tracing::warn!(path = warning.path, "{}; {}", warning.message, warning.hint);
    }
}

fn lines(errors: &[RegistryError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
