//! Reasons why a queue was not read or not changed.

use vcon_document::VconId;
use vconduit_base::names::{ChainName, ClaimId, LinkName, ListName, NameError, StorageName};
use vconduit_config::RecordError;
use vconduit_store::StoreError;

/// Reason why a queue was not read or not changed. Nothing was changed, then, unless the store
/// failed at the entry of the audit log.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// A name that can't be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no such claim.
    #[error("there is no claim {0} on the lists of the configuration")]
    NoClaim(ClaimId),
    /// There is no such dead letter.
    #[error("there is no vCon {vcon} in {list}")]
    NoDeadLetter {
        /// The vCon.
        vcon: VconId,
        /// The list of dead letters.
        list: ListName,
    },
    /// A storage's dead letter can't go back to a list.
    #[error("the dead letters of {0} did not come from a list that they could go back to")]
    OfStorage(ListName),
    /// No enabled chain takes from the list.
    #[error("no chain that is enabled takes from list {0}, so there is no link to run in another version")]
    NoChain(ListName),
    /// The chain has no such link.
    #[error("chain {chain} has no link {link}")]
    NotInChain {
        /// The chain.
        chain: ChainName,
        /// The link.
        link: LinkName,
    },
    /// The version of a link is not there or may not run.
    #[error("link {link}: {error}")]
    Version {
        /// The link.
        link: LinkName,
        /// The reason.
        error: RecordError,
    },
    /// A link's record can't be read.
    #[error("{0}")]
    Damaged(String),
    /// Nothing is known of a vCon.
    #[error("nothing is known of vCon {vcon}")]
    Unknown {
        /// The vCon.
        vcon: VconId,
        /// Storages that did not respond and may have it.
        silent: Vec<StorageName>,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueueError {
    pub(super) fn no_dead_letter(list: &ListName, id: &VconId) -> Self {
        Self::NoDeadLetter {
            vcon: id.clone(),
            list: list.dead_letters(),
        }
    }
}
