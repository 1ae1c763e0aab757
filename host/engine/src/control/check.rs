//! The check that each new configuration has to pass.
//!
//! Guarantee: a configuration that passes can be read and can run on this host. Its names are
//! defined, its components compile, its options fit their schemas, and its storages can be built.
//! `POST /config`, the admin API and `vconduit check-config` use this check.

use std::sync::Arc;

use crate::registry::{Registry, RegistryError, config_reader};
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::{Problem, problem};

/// Problems of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It can't be read.
    #[error("{}", problem::in_one_line(.0))]
    Invalid(Vec<Problem>),
    /// It can be read and can't run.
    #[error("it would not run: {}", in_one_line(.0))]
    CantRun(Vec<RegistryError>),
}

/// All errors in one line.
pub(super) fn in_one_line(errors: &[RegistryError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Checks configurations against what this host has and can do.
#[derive(Clone)]
pub struct Checker {
    registry: Arc<Registry>,
}

impl Checker {
    /// A checker for this registry.
    #[must_use]
    pub fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    /// Checks the entries of a configuration, including link records. Returns the warnings that its
    /// reader does not have.
    ///
    /// # Errors
    /// All problems.
    pub async fn check(&self, entries: &ConfigEntries) -> Result<Vec<Problem>, CheckError> {
        let checked = config_reader(Vec::new()).entries(entries);
        let errors = checked.errors().cloned().collect();
        let Some(config) = checked.config else {
            return Err(CheckError::Invalid(errors));
        };
        let ready = self.registry.snapshot(config, ConfigRevision::NONE).await;
        ready.map(|snapshot| snapshot.warnings).map_err(CheckError::CantRun)
    }
}
