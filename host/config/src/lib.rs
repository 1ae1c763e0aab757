//! The configuration: the text of an operator, checked, as one immutable value.
//!
//! Guarantee: a [`Config`] is complete and consistent. Every name in an enabled chain is defined,
//! and every limit is below its ceiling. A configuration is built and replaced as a whole. Runs in
//! work end with the one that they began with. A chain that is not enabled may name links that do
//! not exist.

pub mod auth;
pub mod chain;
pub mod check;
pub mod diff;
pub mod link;
pub mod locate;
pub mod mask;
pub mod problem;
pub mod read;
pub mod record;
pub mod settings;
pub mod storage;
pub mod store_copy;
#[cfg(test)]
mod testing;
mod yaml;

use indexmap::{IndexMap, IndexSet};

pub use auth::IngressAuth;
pub use chain::{Chain, ChainLink, OnError};
pub use diff::Diff;
pub use link::{ComponentSource, Link};
pub use problem::{Checked, Problem, Severity};
pub use read::host;
pub use read::{Reader, StandardModule, read_grants};
pub use record::{LinkRecord, RecordError, VersionRecord};
pub use settings::{SettingProblem, Settings};
pub use storage::StorageEntry;

use vconduit_base::names::{ChainName, LinkName, ListName, StorageName};
use vconduit_policy::signature::Signing;

/// A configuration as its operator wrote it, as JSON: the sections of the file.
pub type Written = serde_json::Map<String, serde_json::Value>;

/// Everything that an operator configures and may change while hosts run, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Chains by name.
    pub chains: IndexMap<ChainName, Chain>,
    /// Links by name.
    pub links: IndexMap<LinkName, Link>,
    /// Storages by name; the order is that of reads of expired vCons.
    pub storages: IndexMap<StorageName, StorageEntry>,
    /// Keys of partners, by the list that they may post to (`ingress_auth`).
    pub ingress_auth: IndexMap<ListName, IngressAuth>,
    /// Keys whose signatures on uploaded components are accepted (`signing`).
    pub signing: Signing,
}

impl Config {
    /// Every ingress list, also those of chains that are not enabled, each once.
    #[must_use]
    pub fn ingress_lists(&self) -> Vec<ListName> {
        let lists = self.chains.values().flat_map(|chain| &chain.ingress_lists);
        lists.cloned().collect::<IndexSet<_>>().into_iter().collect()
    }

    /// The chain of each ingress list. A list named by several chains belongs to the last of them,
    /// as in the Conserver. Chains that are not enabled have no lists.
    #[must_use]
    pub fn ingress(&self) -> IndexMap<ListName, ChainName> {
        let mut lists = IndexMap::new();
        for (name, chain) in self.chains.iter().filter(|(_, chain)| chain.enabled) {
            for list in &chain.ingress_lists {
                lists.insert(list.clone(), name.clone());
            }
        }
        lists
    }

    /// Returns a text on the names that are not those of chains, with the names that are; `None`
    /// when all are known.
    #[must_use]
    pub fn unknown_chains<'a>(&self, names: impl IntoIterator<Item = &'a ChainName>) -> Option<String> {
        let unknown: Vec<_> = names
            .into_iter()
            .filter(|name| !self.chains.contains_key(*name))
            .map(|name| format!("`{name}`"))
            .collect();
        if unknown.is_empty() {
            return None;
        }
        let known: Vec<_> = self.chains.keys().map(ChainName::as_str).collect();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        Some(format!(
            "there is no chain {}; the configuration has: {known}",
            unknown.join(", ")
        ))
    }
}
