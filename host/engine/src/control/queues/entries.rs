//! Lists as clients of the API use them: depths, ids to take, dead letters as a whole.

use super::Queues;
use vconduit_base::names::ListName;
use vconduit_store::StoreError;

/// All entries of a list. A list that fits into the memory of the store is far shorter.
const ALL: u64 = u32::MAX as u64;

impl Queues {
    /// Number of entries of a list of any kind; 0 for one that does not exist.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        self.store.depth(list).await
    }

    /// Takes up to `count` ids from the tail of a list, the newest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn take(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        self.store.pop_tail(list, count).await
    }

    /// Ids of all dead letters of an ingress list, the oldest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn dead_letter_ids(&self, list: &ListName) -> Result<Vec<String>, StoreError> {
        self.store.entries(&list.dead_letters(), 0, ALL).await
    }

    /// Moves up to `count` dead letters back to the tail of their ingress list, the oldest first.
    /// Returns the number of those moved.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        self.store.reprocess(list, count).await
    }
}
