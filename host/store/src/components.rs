//! Components: the bytes of uploaded WebAssembly components, by digest, so that every host has them at once.
//!
//! Guarantee: a component is there as a whole or not at all, and what is read is what was uploaded (its SHA-256 is
//! checked each time). A large one is moved in parts of [`CHUNK`] and does not hold up the steps of the queues.

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use vconduit_base::names::Digest;

/// Bytes in one part. Redis needs some 0.1 ms for one, so whoever comes next waits no longer than that; and 20 MB are
/// only 80 round trips.
pub(super) const CHUNK: usize = 256 * 1024;

/// How long the parts of an upload that was never completed are kept, in seconds. Far longer than any upload takes.
pub(super) const ABANDONED_S: u32 = 3_600;

/// See the module.
#[async_trait]
pub trait Components {
    /// Keeps a component with what there is to say about it (a JSON text). False if it was there already: then nothing
    /// is changed, unless it was damaged, in which case it is whole again.
    ///
    /// Refused when the bytes are not those of the digest.
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError>;

    /// The bytes of a component. Refused when what is in the store is damaged; uploading it again mends it.
    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError>;

    /// What was said about a component when it was kept.
    async fn about_component(&self, digest: &Digest) -> Result<Option<String>, StoreError>;

    /// Removes a component with all its parts. False if there was none.
    async fn drop_component(&self, digest: &Digest) -> Result<bool, StoreError>;
}

/// The same bytes, if they are those of the digest. Hashing 64 MB takes a tenth of a second, so it is done on a thread
/// that may block.
pub(super) async fn check(operation: &'static str, digest: &Digest, bytes: Bytes) -> Result<Bytes, StoreError> {
    let hashed = bytes.clone();
    let is = tokio::task::spawn_blocking(move || Digest::of(&hashed)).await;
    match is {
        Ok(is) if is == *digest => Ok(bytes),
        Ok(_) => Err(damage(operation, digest)),
        Err(_) => Err(StoreError::Refused {
            operation,
            reason: "the host is stopping".to_owned(),
        }),
    }
}

/// What is there is not what the digest says.
pub(super) fn damage(operation: &'static str, digest: &Digest) -> StoreError {
    StoreError::Refused {
        operation,
        reason: format!(
            "the bytes are not those of component sha256:{digest}: some are missing or changed; upload it again"
        ),
    }
}
