//! Errors of changes of links.

use crate::control::change::ChangeError;
use crate::control::check::{self, CheckError};
use crate::registry::RegistryError;
use vconduit_base::names::{Digest, LinkName};
use vconduit_config::{Problem, RecordError, problem};
use vconduit_policy::signature::SignatureError;
use vconduit_sandbox::CompileError;
use vconduit_store::StoreError;

/// Reason why a link was not changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such link.
    #[error("there is no link {0}")]
    NoLink(LinkName),
    /// The name can't be one of an uploaded link.
    #[error("{0:?} is not a name for a link: 1 to 100 of A-Z, a-z, 0-9, `_`, `-` and `.`, not beginning with a dot")]
    BadName(String),
    /// The bytes are no link.
    #[error(transparent)]
    Component(#[from] CompileError),
    /// The grants that the component needs can't be read.
    #[error("the component's description is not usable: needs: {0}")]
    BadNeeds(String),
    /// The signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The rules of records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Grants, limits or options are not what they have to be.
    #[error("{}", problem::in_one_line(.0))]
    Invalid(Vec<Problem>),
    /// The configuration would not run.
    #[error("the link would not run: {}", check::in_one_line(.0))]
    CantRun(Vec<RegistryError>),
    /// A chain needs it.
    #[error("the link {link} is used by {}", .chains.join(", "))]
    InUse {
        /// Name of the link.
        link: LinkName,
        /// By whom.
        chains: Vec<String>,
    },
    /// The configuration defines it.
    #[error("the link {0} is defined in the configuration and has no uploaded version to delete")]
    Configured(LinkName),
    /// The bytes of a version are not in the store.
    #[error("the bytes of sha256:{0} are not in the store")]
    NoBytes(Digest),
    /// The store's copy can't be read.
    #[error("the store's copy of the configuration is damaged: {0}")]
    Damaged(String),
    /// Others changed the configuration all the time.
    #[error("the configuration is being changed by others all the time")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LinkError {
    /// From entries that can't be read.
    pub(crate) fn damaged(damaged: &[(String, String)]) -> Self {
        let parts: Vec<_> = damaged.iter().map(|(key, reason)| format!("{key}: {reason}")).collect();
        Self::Damaged(parts.join("; "))
    }
}

impl From<CheckError> for LinkError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Invalid(problems) => Self::Invalid(problems),
            CheckError::CantRun(errors) => Self::CantRun(errors),
        }
    }
}

impl From<ChangeError> for LinkError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Check(error) => error.into(),
            ChangeError::Busy => Self::Busy,
            ChangeError::Store(error) => error.into(),
        }
    }
}
