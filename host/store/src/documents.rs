//! Documents: vCons by id, with a lifetime each.
//!
//! Guarantee: a write that names a revision never overwrites a document of another revision. An
//! expired document is not found, even if it has not been removed yet.
//!
//! A document does not expire while work is left for it: while its id is on an ingress list of the
//! running configuration ([`super::ListStore::set_ingress`]), under a claim, or parked, and while
//! such a run is about it. Its lifetime begins when the last of these ends. Ids that other programs
//! push are protected from the claim on. A lifetime that is set meanwhile is kept until then, and
//! so is a longer one, or none, that it had before.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Guarded, StoreError};
use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::names::ListName;

/// State of a stored document. Opaque. Two revisions of a document are equal exactly when its
/// stored text is the same state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Revision(pub Box<str>);

/// A document as read from the store.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The JSON text.
    pub text: Text,
    /// State of the text, for a later conditional write.
    pub revision: Revision,
}

/// A document to store, with all that is stored in the same step.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Id of the document.
    pub id: VconId,
    /// The JSON text.
    pub text: Text,
    /// Sort key in the listing: `created_at` in whole Unix seconds. A document without it is not
    /// listed.
    pub created_at_s: Option<i64>,
    /// Terms of the party indexes, in party order.
    pub index: Vec<(IndexKind, String)>,
    /// Lists to append the id to, in order.
    pub push_to: Vec<ListName>,
    /// Trace context of the ids on the lists, as a JSON object.
    pub context: Option<String>,
}

/// A conditional write of a document.
#[derive(Debug, Clone)]
pub struct Write {
    /// Id of the document.
    pub id: VconId,
    /// The new JSON text. The remaining lifetime does not change.
    pub text: Text,
    /// State that the new text was made from.
    pub expected: Revision,
}

/// Stores, reads and deletes documents.
#[async_trait]
pub trait DocumentStore {
    /// Stores a document, its index terms and its list entries in one step. Overwrites a document
    /// with the same id. Its lifetime starts anew, or once no work is left for it.
    async fn put(&self, document: NewDocument) -> Result<(), StoreError>;

    /// Stores a document that was read from a storage, and lists it, unless the store has a
    /// document with its id: that one may be newer. A document that was deleted is not stored
    /// again. Returns true when the document was stored.
    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError>;

    /// Reads documents, in the order of `ids`. `None` for a document that is not found.
    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError>;

    /// Reads one document. `None` when it is not found.
    async fn get_one(&self, id: &VconId) -> Result<Option<Stored>, StoreError> {
        let found = self.get(std::slice::from_ref(id)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Returns whether each of these documents is found, in the order of `ids`. Reads no text.
    async fn exist(&self, ids: &[VconId]) -> Result<Vec<bool>, StoreError>;

    /// Writes a document outside of a claim. Returns `Done`, `Conflict` or `Gone`.
    async fn write(&self, write: Write) -> Result<Guarded, StoreError>;

    /// Deletes a document and its place in the listing. Returns false when there was no document.
    /// The deletion is remembered while work is left for the id, and for a day.
    async fn delete(&self, id: &VconId) -> Result<bool, StoreError>;

    /// Returns true when the document was deleted and not put again since. False for one that has
    /// expired or never was.
    async fn was_deleted(&self, id: &VconId) -> Result<bool, StoreError>;

    /// Returns the remaining lifetime of a document in seconds: -1 without a limit and while work
    /// is left for it, `None` when the document is not found.
    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError>;

    /// Sets the lifetime of a document in seconds, [`vconduit_base::lifetimes::MAX_LIFETIME_S`] at
    /// most. With 0 or less it has ended. While work is left for the document, it ends with that at
    /// the earliest. Returns false when the document is not found.
    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError>;
}
