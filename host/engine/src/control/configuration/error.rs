//! Reasons why the configuration was not read or not changed.

use super::Section;
use crate::control::change::ChangeError;
use crate::control::check::{self, CheckError};
use crate::registry::RegistryError;
use vconduit_base::names::NameError;
use vconduit_config::{Problem, problem};
use vconduit_store::StoreError;

/// Reason why the configuration was not read or not changed. Nothing was changed, then.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The name of a chain or storage can't be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no such chain or storage.
    #[error("there is no {} {name:?}", section.one())]
    NotFound {
        /// Section that was looked at.
        section: Section,
        /// Name that was looked for, cut to 100 characters.
        name: String,
    },
    /// The chain or storage is not the one that the change was made for.
    #[error("it is not the one that the change is for")]
    Changed,
    /// There is a chain or storage of this name already.
    #[error("there is one of this name already")]
    Exists,
    /// Paths of masks for which there is no secret.
    #[error("{}: there is no secret here that the mask could stand for", .0.join(", "))]
    UnknownMask(Vec<String>),
    /// The configuration can't be read.
    #[error("{}", problem::in_one_line(.0))]
    Invalid(Vec<Problem>),
    /// The configuration can be read and can't run.
    #[error("the configuration would not run: {}", check::in_one_line(.0))]
    CantRun(Vec<RegistryError>),
    /// Only an admin may change this: the path.
    #[error("{0} is for admins to change")]
    AdminsOnly(String),
    /// Entries of the store's copy that can't be read: keys, each with the reason.
    #[error("the store's copy of the configuration is damaged: {}", parts(.0))]
    Damaged(Vec<(String, String)>),
    /// Other writers were faster at each try.
    #[error("the configuration is being changed by others all the time")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn parts(damaged: &[(String, String)]) -> String {
    let parts: Vec<_> = damaged.iter().map(|(key, reason)| format!("{key}: {reason}")).collect();
    parts.join("; ")
}

impl From<CheckError> for ConfigError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Invalid(problems) => Self::Invalid(problems),
            CheckError::CantRun(errors) => Self::CantRun(errors),
        }
    }
}

impl From<ChangeError> for ConfigError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Check(error) => error.into(),
            ChangeError::Busy => Self::Busy,
            ChangeError::Store(error) => error.into(),
        }
    }
}
