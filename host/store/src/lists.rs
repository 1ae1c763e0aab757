//! Lists of vCon ids: ingress and egress lists, and dead letters.
//!
//! Guarantee: entries keep the order in which they were pushed.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Appends to lists and reads them. Workers take entries with [`super::ClaimStore::claim`].
#[async_trait]
pub trait ListStore {
    /// Appends ids to a list in one step. Each id carries the trace context.
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError>;

    /// Replaces the set of ingress lists. The ids on them protect their documents
    /// ([`super::DocumentStore`]), also those that were on a list before.
    async fn set_ingress(&self, lists: &[ListName]) -> Result<(), StoreError>;

    /// Removes up to `count` entries from the tail of a list and returns them, the newest first, as
    /// the Conserver does for its egress lists.
    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError>;

    /// Returns the number of entries of a list. 0 for a list that does not exist. The embedded
    /// store may count too many for a list of more than 100,000 entries.
    async fn depth(&self, list: &ListName) -> Result<u64, StoreError>;

    /// Returns the numbers of entries of several lists, in their order.
    async fn depths(&self, lists: &[ListName]) -> Result<Vec<u64>, StoreError>;

    /// Returns entries of a list from its head, as they are.
    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError>;

    /// Returns the number of entries before the first one with this id. `None` when the id is not
    /// on the list. Searches the list from its head: some milliseconds for a million entries.
    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError>;

    /// Waits until a list has an entry, for at most this time. Returns false when the time has
    /// passed. Moves nothing, and does not delay other calls.
    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError>;
}
