//! Parts of the configuration whose members are changed one by one.

use serde_json::Value;

use super::ConfigError;
use vconduit_base::names::{ChainName, StorageName};
use vconduit_config::Written;

/// Characters of a name that is not found that an error repeats.
const MAX_SHOWN_CHARS: usize = 100;

/// A part of the configuration whose members are changed one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The section `chains`.
    Chains,
    /// The section `storages`.
    Storages,
}

impl Section {
    /// Name of the section in the configuration file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Storages => "storages",
        }
    }

    /// Word for one member.
    #[must_use]
    pub fn one(self) -> &'static str {
        match self {
            Self::Chains => "chain",
            Self::Storages => "storage",
        }
    }

    /// Name of the action in the audit log.
    pub(super) fn action(self, deleted: bool) -> &'static str {
        match (self, deleted) {
            (Self::Chains, false) => "chain.put",
            (Self::Chains, true) => "chain.delete",
            (Self::Storages, false) => "storage.put",
            (Self::Storages, true) => "storage.delete",
        }
    }

    pub(super) fn check(self, name: &str) -> Result<(), ConfigError> {
        match self {
            Self::Chains => ChainName::new(name).map(drop)?,
            Self::Storages => StorageName::new(name).map(drop)?,
        }
        Ok(())
    }

    pub(super) fn not_found(self, name: &str) -> ConfigError {
        ConfigError::NotFound {
            section: self,
            name: name.chars().take(MAX_SHOWN_CHARS).collect(),
        }
    }

    pub(super) fn member<'a>(self, written: &'a Written, name: &str) -> Option<&'a Value> {
        written.get(self.name())?.get(name)
    }
}
