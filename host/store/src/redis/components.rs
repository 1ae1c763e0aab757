//! Components, in parts.
//!
//! Guarantee: parts are sent and read one at a time on a connection of their own, so the server serves others in between.
//! An upload is seen when its last step has found all of its parts; what is left of one that has not come so far goes by
//! itself.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::{RedisStore, keys};
use crate::components::{MAX_UPLOAD_S, PART_BYTES, check, damage};
use crate::{ComponentStore, StoreError};
use vconduit_base::names::Digest;

/// How often parts are sent that are gone when the last step looks for them: the server was restarted without a memory.
const ROUNDS: usize = 3;

/// Where a component is.
#[derive(PartialEq)]
struct Place {
    upload: String,
    chunks: usize,
}

/// What was found of a component.
enum Found {
    Nothing,
    Whole(Bytes),
    /// The upload that is damaged, and how.
    Damaged(String, StoreError),
}

#[async_trait]
impl ComponentStore for RedisStore {
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError> {
        let bytes = check("keep component", digest, bytes).await?;
        let damaged = match self.find(digest).await? {
            Found::Whole(_) => return Ok(false),
            Found::Nothing => String::new(),
            Found::Damaged(upload, _) => upload,
        };
        let upload = keys::new_step();
        let mut missing: Vec<usize> = (0..bytes.len().div_ceil(PART_BYTES)).collect();
        for _ in 0..ROUNDS {
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
                "parts of component {digest} are gone as soon as they are there; look at the server's maxmemory-policy, which must not evict keys"
            ),
        })
    }

    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        match self.find(digest).await? {
            Found::Nothing => Ok(None),
            Found::Whole(bytes) => Ok(Some(bytes)),
            Found::Damaged(_, error) => Err(error),
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
    async fn place(&self, digest: &Digest) -> Result<Option<Place>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(keys::component(digest)).arg("upload").arg("chunks");
        let (upload, chunks): (Option<String>, Option<usize>) = self.connection.run("component", &command).await?;
        Ok(upload.zip(chunks).map(|(upload, chunks)| Place { upload, chunks }))
    }

    async fn find(&self, digest: &Digest) -> Result<Found, StoreError> {
        while let Some(place) = self.place(digest).await? {
            let Some(bytes) = self.read_parts(digest, &place).await? else {
                // A part is gone: it is lost, or the component was dropped or replaced while it was read.
                if self.place(digest).await?.as_ref() == Some(&place) {
                    return Ok(Found::Damaged(place.upload, damage("component", digest)));
                }
                continue;
            };
            return Ok(match check("component", digest, bytes).await {
                Ok(bytes) => Found::Whole(bytes),
                Err(error) => Found::Damaged(place.upload, error),
            });
        }
        Ok(Found::Nothing)
    }

    /// Nothing when a part is not there.
    async fn read_parts(&self, digest: &Digest, place: &Place) -> Result<Option<Bytes>, StoreError> {
        let mut all = BytesMut::new();
        for number in 0..place.chunks {
            let mut command = redis::cmd("GET");
            command.arg(keys::component_part(digest, &place.upload, number));
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

    /// Removes the parts of an upload that came second.
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
