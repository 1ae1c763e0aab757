//! The listing by `created_at`, the party indexes, and the ids of all documents.
//!
//! Guarantee: the listing and the indexes may hold ids of documents that have expired, as in the
//! Conserver. They never miss a document that was stored with its terms.

use async_trait::async_trait;

use super::StoreError;
use vcon_document::VconId;
use vcon_document::index::IndexKind;

/// Finds documents.
#[async_trait]
pub trait IndexStore {
    /// Returns ids by `created_at`, the newest first. Both bounds are inclusive, in Unix seconds. A
    /// `count` below 0 returns all.
    async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError>;

    /// Returns for each term the ids that carry it, in no order.
    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError>;

    /// Returns a page of the ids of all stored documents, and the cursor of the next page. The
    /// first page has no cursor, the last page returns none.
    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError>;

    /// Adds a stored document to the listing and to the party indexes, again or for the first time.
    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError>;
}
