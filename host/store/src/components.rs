//! Components: the bytes of uploaded WebAssembly components by digest, available to every host.
//!
//! Guarantee: a component is stored as a whole or not at all, and is read as it was uploaded (its
//! SHA-256 is checked each time). A large one moves in parts of [`PART_BYTES`], so that it does not
//! delay the steps of the queues.

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use vconduit_base::names::Digest;

/// Bytes in one part. Redis needs some 0.1 ms for one, so no other command waits longer for it, and
/// 20 MB need only 80 round trips.
pub(super) const PART_BYTES: usize = 256 * 1024;

/// Lifetime of the parts of an incomplete upload, in seconds. Far longer than any upload takes.
pub(super) const MAX_UPLOAD_S: u32 = 3_600;

/// Stores uploaded components.
#[async_trait]
pub trait ComponentStore {
    /// Stores a component with its description (a JSON text). Returns false when the component was
    /// stored already. Then nothing changes, unless the stored one was damaged: that one is
    /// replaced.
    ///
    /// Refused when the bytes do not match the digest.
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError>;

    /// Returns the bytes of a component. Refused when the stored bytes are damaged. Another upload
    /// repairs them.
    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError>;

    /// Returns the description that a component was stored with.
    async fn about_component(&self, digest: &Digest) -> Result<Option<String>, StoreError>;

    /// Removes a component with all its parts. Returns false when there was none.
    async fn drop_component(&self, digest: &Digest) -> Result<bool, StoreError>;
}

/// Returns the bytes if they match the digest. Hashing 64 MB takes a tenth of a second, so it runs
/// on a thread that may block.
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

/// Returns the error for bytes that do not match the digest.
pub(super) fn damage(operation: &'static str, digest: &Digest) -> StoreError {
    StoreError::Refused {
        operation,
        reason: format!(
            "the bytes are not those of component sha256:{digest}: some are missing or changed; upload it again"
        ),
    }
}
