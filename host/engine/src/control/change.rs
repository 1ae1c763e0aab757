//! The only way to change the configuration in the store: load, decide, check, save.
//!
//! Guarantee: a change is saved only over the state that it was decided on. When another writer was
//! faster, it is decided again. It is saved in one step with its entry in the audit log. The log
//! has a line about it only when it is saved.

use std::sync::Arc;

use async_trait::async_trait;

use super::audit::AuditEntry;
use super::check::{CheckError, Checker};
use crate::active::Follower;
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::Problem;
use vconduit_store::{Store, StoreError};

/// Tries of one change. More than twenty lost races in a row between operators and hosts are not
/// expected.
pub const MAX_TRIES: usize = 20;

/// The part of a store that holds the configuration.
#[async_trait]
pub trait Copies: Send + Sync + 'static {
    /// See [`vconduit_store::ConfigStore::load_config`].
    async fn load(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError>;
    /// [`vconduit_store::ConfigStore::save_config`], only over the expected revision.
    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: ConfigRevision,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError>;
}

#[async_trait]
impl Copies for Arc<dyn Store> {
    async fn load(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError> {
        self.load_config().await
    }

    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: ConfigRevision,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError> {
        self.save_config(entries, Some(expected), audit).await
    }
}

/// A decision about the present configuration.
pub enum Decision<T> {
    /// Nothing has to be saved.
    Keep(T),
    /// Another configuration takes the place of the present one.
    Save(ConfigEdit<T>),
}

/// A configuration to be saved.
pub struct ConfigEdit<T> {
    /// All entries of the new configuration.
    pub entries: ConfigEntries,
    /// Entry for the audit log.
    pub audit: Option<AuditEntry>,
    /// Value for the caller.
    pub outcome: T,
}

/// Result of a change.
#[derive(Debug)]
pub struct Changed<T> {
    /// Value of the decision.
    pub outcome: T,
    /// Revision of the configuration that has the change.
    pub revision: ConfigRevision,
    /// Warnings of the checker.
    pub warnings: Vec<Problem>,
}

/// Reason why the configuration was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The new configuration can't run.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Other writers were faster at each try.
    #[error("the configuration is being changed by others all the time")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes the configuration and makes it active on this host: when this returns, the change is in
/// force here, or a later one. A store that has lost its copy gets it back first, so that a change
/// is never made on nothing.
///
/// # Errors
/// As for [`change`]. After an error of the store the change may be saved and not active yet.
pub async fn change_here<T, E: From<ChangeError>>(
    follower: &Follower,
    checker: Option<&Checker>,
    decide: impl Fn(&ConfigEntries) -> Result<Decision<T>, E>,
) -> Result<Changed<T>, E> {
    follower.follow().await.map_err(ChangeError::Store)?;
    let changed = change(follower.store(), checker, decide).await?;
    follower.follow().await.map_err(ChangeError::Store)?;
    Ok(changed)
}

/// Changes the configuration. `decide` gets the present entries, and gets them again when another
/// writer was faster. With a checker, a configuration that can't run on this host is not saved.
///
/// # Errors
/// The error of `decide`, of the check or of the store; [`ChangeError::Busy`] after [`MAX_TRIES`]
/// tries.
pub async fn change<T, E: From<ChangeError>>(
    copies: &impl Copies,
    checker: Option<&Checker>,
    decide: impl Fn(&ConfigEntries) -> Result<Decision<T>, E>,
) -> Result<Changed<T>, E> {
    for _ in 0..MAX_TRIES {
        let (revision, present) = copies.load().await.map_err(ChangeError::Store)?;
        let edit = match decide(&present)? {
            Decision::Keep(outcome) => {
                return Ok(Changed {
                    outcome,
                    revision,
                    warnings: Vec::new(),
                });
            }
            Decision::Save(edit) => edit,
        };
        let warnings = match checker {
            Some(checker) => checker.check(&edit.entries).await.map_err(ChangeError::Check)?,
            None => Vec::new(),
        };
        let text = edit.audit.as_ref().map(AuditEntry::text);
        let saved = copies.save(&edit.entries, revision, text.as_deref()).await;
        let Ok(revision) = saved.map_err(ChangeError::Store)? else {
            continue;
        };
        if let Some(audit) = &edit.audit {
            audit.log();
        }
        return Ok(Changed {
            outcome: edit.outcome,
            revision,
            warnings,
        });
    }
    Err(ChangeError::Busy.into())
}

#[cfg(test)]
mod tests;
