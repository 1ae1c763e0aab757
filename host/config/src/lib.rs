//! The configuration: what an operator writes, checked, as one immutable value.
//!
//! Guarantee: a [`Config`] is whole and consistent: every name in an enabled chain leads somewhere, every limit is below its
//! ceiling. It is built whole and swapped as one; work in flight ends on the one it began with. (A chain that is switched off may
//! name links that are not there.)

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

use indexmap::IndexMap;

pub use auth::IngressAuth;
pub use chain::{Chain, ChainLink, OnError};
pub use diff::Diff;
pub use link::{ComponentSource, Link};
pub use problem::{Checked, Problem, Severity};
pub use read::host;
pub use read::{Reader, read_grants};
pub use record::{LinkRecord, RecordError, Version};
pub use settings::{SettingProblem, Settings};
pub use storage::StorageEntry;

use vconduit_base::names::{ChainName, LinkName, ListName, StorageName};
use vconduit_policy::signature::Signing;

/// A configuration as its operator wrote it, as JSON: the sections of the file.
pub type Written = serde_json::Map<String, serde_json::Value>;

/// Everything that an operator configures and may change while hosts run. Order is that of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Chains by name.
    pub chains: IndexMap<ChainName, Chain>,
    /// Links by name.
    pub links: IndexMap<LinkName, Link>,
    /// Storages by name; the order is that of reads of expired vCons.
    pub storages: IndexMap<StorageName, StorageEntry>,
    /// Who may post to which list from outside (`ingress_auth`).
    pub ingress_auth: IndexMap<ListName, IngressAuth>,
    /// Whose signatures on uploaded components count (`signing`).
    pub signing: Signing,
}

impl Config {
    /// The chain of each ingress list. A list named by several chains belongs to the last of them, as
    /// in the Conserver. Chains that are not enabled have no lists.
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
}
