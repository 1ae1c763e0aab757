//! Loads the configuration at start and while the host runs.
//!
//! Guarantee: a host starts only with a configuration that can run. A later one that can't run
//! changes nothing.

use std::path::PathBuf;

use super::services::Services;
use super::stores::Stores;
use super::tasks::Tasks;
use super::{StartError, ingress};
use vconduit_engine::reload::ConfigSource;

/// Activates the first configuration, and spawns the tasks that follow its changes.
///
/// # Errors
/// When the configuration can't be read or can't run.
pub(super) async fn start(
    config_file: PathBuf,
    services: &Services,
    stores: &Stores,
    tasks: &Tasks,
) -> Result<(), StartError> {
    let source = ConfigSource::new(config_file, stores.shared.clone());
    let uploads = services.follower.uploads();
    let loaded = source.start().await;
    let loaded = loaded.map_err(|error| StartError::Config(error.to_string()))?;
    services.follower.begin(loaded).await.map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        StartError::Config(lines.join("\n"))
    })?;
    tasks.spawn_until_stop(ingress::keep(stores.shared.clone(), services.follower.ingress_lists()));
    tasks.spawn_until_stop(source.watch(services.follower.clone()));
    let registry = services.registry.clone();
    tasks.spawn_until_stop(async move { registry.make_ready_ahead(uploads).await });
    Ok(())
}
