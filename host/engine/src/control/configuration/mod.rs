//! The configuration in the store, as operators read and change it: as a whole, or chain by chain
//! and storage by storage.
//!
//! Guarantee: a saved configuration has passed [`Checker`]. Secrets are masked in responses, and a
//! mask in a request stands for the present secret. Link records are not changed.

mod error;
mod member;
mod replace;
mod section;
mod state;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use error::ConfigError;
pub use replace::Permission;
pub use section::Section;
pub use state::{Member, Precondition, Tag};

use super::check::Checker;
use crate::active::Follower;
use crate::events::Events;
use crate::registry::{Registry, config_reader};
use vconduit_admin_types::{Chains, ConfigProblem, ProblemSeverity, Storages, Validation};
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::{Checked, Problem, Severity, Written, mask, store_copy};
use vconduit_store::Store;

/// The service.
pub struct Configuration {
    store: Arc<dyn Store>,
    follower: Arc<Follower>,
    checker: Checker,
    events: Events,
    /// Path of the configuration file: components are relative to it.
    file: PathBuf,
}

impl Configuration {
    /// Puts the parts together. `file` is the path of the configuration file.
    #[must_use]
    pub fn new(follower: Arc<Follower>, registry: Arc<Registry>, events: Events, file: PathBuf) -> Self {
        Self {
            store: follower.store().clone(),
            follower,
            checker: Checker::new(registry),
            events,
            file,
        }
    }

    /// The configuration in the shape of the file, with masked secrets.
    ///
    /// # Errors
    /// The store is unavailable or its copy is damaged.
    pub async fn shown(&self) -> Result<Written, ConfigError> {
        Ok(self.masked().await?.1)
    }

    /// All chains.
    ///
    /// # Errors
    /// As for [`Configuration::shown`].
    pub async fn chains(&self) -> Result<Chains, ConfigError> {
        let (revision, written) = self.masked().await?;
        let chains = section_of(&written, Section::Chains);
        Ok(Chains { revision, chains })
    }

    /// All storages.
    ///
    /// # Errors
    /// As for [`Configuration::shown`].
    pub async fn storages(&self) -> Result<Storages, ConfigError> {
        let (revision, written) = self.masked().await?;
        let storages = section_of(&written, Section::Storages);
        Ok(Storages { revision, storages })
    }

    /// Checks a whole configuration; uploaded links count as defined. Nothing is changed.
    ///
    /// # Errors
    /// All problems.
    pub async fn validate(&self, sent: &Written) -> Result<Validation, ConfigError> {
        let (_, present) = self.store.load_config().await?;
        let checked = self.read(sent, &present)?;
        let entries = store_copy::with_own_entries(store_copy::to_entries(&checked.written), &present);
        let more = self.checker.check(&entries).await?;
        Ok(Validation {
            ok: true,
            warnings: checked.warnings().cloned().chain(more).map(shown).collect(),
        })
    }

    async fn masked(&self) -> Result<(ConfigRevision, Written), ConfigError> {
        let (revision, entries) = self.store.load_config().await?;
        Ok((revision, mask::mask(&written(&entries)?)))
    }

    /// Reads a configuration that may name the uploaded links of the present copy.
    fn read(&self, sent: &Written, present: &ConfigEntries) -> Result<Checked, ConfigError> {
        let uploaded = store_copy::uploaded_names(present);
        let checked = config_reader(uploaded).json(sent, &self.file.to_string_lossy());
        if checked.config.is_some() {
            return Ok(checked);
        }
        Err(ConfigError::Invalid(checked.errors().cloned().collect()))
    }
}

/// The operator's part of the store's copy.
fn written(entries: &ConfigEntries) -> Result<Written, ConfigError> {
    store_copy::to_written(entries).map_err(ConfigError::Damaged)
}

fn section_of(written: &Written, section: Section) -> Map<String, Value> {
    let members = written.get(section.name()).and_then(Value::as_object);
    members.cloned().unwrap_or_default()
}

/// Puts secrets in the place of their masks.
fn unmasked(mut sent: Written, current: &Written) -> Result<Written, ConfigError> {
    let unknown = mask::restore(&mut sent, current);
    if unknown.is_empty() {
        return Ok(sent);
    }
    Err(ConfigError::UnknownMask(unknown))
}

/// A problem as operators see it.
fn shown(problem: Problem) -> ConfigProblem {
    ConfigProblem {
        severity: match problem.severity {
            Severity::Error => ProblemSeverity::Error,
            Severity::Warning => ProblemSeverity::Warning,
        },
        line: problem.line,
        column: problem.column,
        path: problem.path,
        message: problem.message,
        hint: problem.hint,
    }
}
