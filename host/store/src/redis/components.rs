//! Components, in parts.
//!
//! Guarantee: parts are sent and read one at a time on a connection of their own, so the server
//! serves other commands in between. An upload is visible once its last step has found all of its
//! parts. The parts of an incomplete upload expire.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::{RedisStore, keys};
use crate::components::{MAX_UPLOAD_S, PART_BYTES, check, damage};
use crate::{ComponentStore, StoreError};
use vconduit_base::names::Digest;

/// Times that missing parts are sent. Parts are missing when the server was restarted without
/// persistence.
const MAX_ROUNDS: usize = 3;

/// Upload of a component that is complete.
#[derive(PartialEq)]
struct StoredUpload {
    upload: String,
    parts: usize,
}

/// Result of reading a component.
enum FoundComponent {
    Nothing,
    Whole(Bytes),
    /// The damaged upload and the error.
    Damaged(String, StoreError),
}

#[async_trait]
impl ComponentStore for RedisStore {
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError> {
        let bytes = check("keep component", digest, bytes).await?;
        let damaged = match self.find(digest).await? {
            FoundComponent::Whole(_) => return Ok(false),
            FoundComponent::Nothing => String::new(),
            FoundComponent::Damaged(upload, _) => upload,
        };
        let upload = keys::new_step();
        let mut missing: Vec<usize> = (0..bytes.len().div_ceil(PART_BYTES)).collect();
        for _ in 0..MAX_ROUNDS {
            for number in missing {
                self.send_part(digest, &upload, number, &bytes).await?;
            }
            match self.complete(digest, &upload, &damaged, bytes.len(), about).await? {
                (word, _) if word == "kept" => return Ok(true),
                (word, _) if word == "there" => {
                    self.forget(digest, &upload, bytes.len()).await?;
                    return Ok(false);
                }
                (_, numbers) => missing = numbers,
            }
        }
        Err(StoreError::Refused {
            operation: "keep component",
            reason: format!(
                "parts of component {digest} disappear as soon as they are stored; check the server's maxmemory-policy, which must not evict keys"
            ),
        })
    }

    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        match self.find(digest).await? {
            FoundComponent::Nothing => Ok(None),
            FoundComponent::Whole(bytes) => Ok(Some(bytes)),
            FoundComponent::Damaged(_, error) => Err(error),
        }
    }

    async fn about_component(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(keys::component(digest)).arg("about");
        self.connection.run("about component", &command).await
    }

    async fn drop_component(&self, digest: &Digest) -> Result<bool, StoreError> {
        let script = &self.scripts.drop_component;
        let mut call = script.call(&[&keys::component(digest)]);
        call.arg(keys::new_step());
        self.connection.script("drop component", script, &call).await
    }
}

impl RedisStore {
    async fn stored_upload(&self, digest: &Digest) -> Result<Option<StoredUpload>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(keys::component(digest)).arg("upload").arg("chunks");
        let (upload, parts): (Option<String>, Option<usize>) = self.connection.run("component", &command).await?;
        Ok(upload.zip(parts).map(|(upload, parts)| StoredUpload { upload, parts }))
    }

    async fn find(&self, digest: &Digest) -> Result<FoundComponent, StoreError> {
        while let Some(stored) = self.stored_upload(digest).await? {
            let Some(bytes) = self.read_parts(digest, &stored).await? else {
                // A part is missing: it is lost, or the component was dropped or replaced while it
                // was read.
                if self.stored_upload(digest).await?.as_ref() == Some(&stored) {
                    return Ok(FoundComponent::Damaged(stored.upload, damage("component", digest)));
                }
                continue;
            };
            return Ok(match check("component", digest, bytes).await {
                Ok(bytes) => FoundComponent::Whole(bytes),
                Err(error) => FoundComponent::Damaged(stored.upload, error),
            });
        }
        Ok(FoundComponent::Nothing)
    }

    /// Reads all parts. `None` when a part is missing.
    async fn read_parts(&self, digest: &Digest, stored: &StoredUpload) -> Result<Option<Bytes>, StoreError> {
        let mut all = BytesMut::new();
        for number in 0..stored.parts {
            let mut command = redis::cmd("GET");
            command.arg(keys::component_part(digest, &stored.upload, number));
            let part: Option<Vec<u8>> = self.large.run("component", &command).await?;
            let Some(part) = part else { return Ok(None) };
            all.extend_from_slice(&part);
        }
        Ok(Some(all.freeze()))
    }

    async fn send_part(&self, digest: &Digest, upload: &str, number: usize, bytes: &Bytes) -> Result<(), StoreError> {
        let part = bytes.chunks(PART_BYTES).nth(number).unwrap_or_default();
        let mut command = redis::Cmd::with_capacity(5, part.len() + 256);
        command
            .arg("SET")
            .arg(keys::component_part(digest, upload, number))
            .arg(part)
            .arg("EX")
            .arg(MAX_UPLOAD_S);
        self.large.run("keep component", &command).await
    }

    async fn complete(
        &self,
        digest: &Digest,
        upload: &str,
        damaged: &str,
        size: usize,
        about: &str,
    ) -> Result<(String, Vec<usize>), StoreError> {
        let script = &self.scripts.keep_component;
        let mut call = script.call(&[&keys::component(digest)]);
        call.arg(upload)
            .arg(damaged)
            .arg(size)
            .arg(PART_BYTES)
            .arg(size.div_ceil(PART_BYTES))
            .arg(about);
        self.connection.script("keep component", script, &call).await
    }

    /// Removes the parts of an upload when another upload of the same component was first.
    async fn forget(&self, digest: &Digest, upload: &str, size: usize) -> Result<(), StoreError> {
        if size == 0 {
            return Ok(());
        }
        let mut command = redis::cmd("UNLINK");
        for number in 0..size.div_ceil(PART_BYTES) {
            command.arg(keys::component_part(digest, upload, number));
        }
        self.connection.run("keep component", &command).await
    }
}
