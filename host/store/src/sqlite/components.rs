//! Components, in parts.
//!
//! Guarantee: each part is written in a step of its own, so any other write waits for one part at
//! most.

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};

use super::SqliteStore;
use super::component_parts::{self, add_part, begin, complete, complete_upload, retire};
use super::step::WriteStep;
use crate::components::{PART_BYTES, check};
use crate::{ComponentStore, StoreError};
use vconduit_base::names::Digest;

#[async_trait]
impl ComponentStore for SqliteStore {
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError> {
        const OPERATION: &str = "keep component";
        let bytes = check(OPERATION, digest, bytes).await?;
        let damaged = match self.find(digest).await? {
            None => None,
            Some((_, Ok(_))) => return Ok(false),
            Some((upload, Err(_))) => Some(upload),
        };
        let (upload, digest, about) = (
            uuid::Uuid::new_v4().simple().to_string(),
            digest.clone(),
            about.to_owned(),
        );
        let (name, of) = (upload.clone(), digest.clone());
        self.writer
            .run(OPERATION, move |step| begin(step, &name, &of, &about))
            .await?;
        for (number, part) in (0..).zip(bytes.chunks(PART_BYTES)) {
            let part = bytes.slice_ref(part);
            let name = upload.clone();
            self.writer
                .run(OPERATION, move |step| add_part(step, &name, number, &part))
                .await?;
        }
        let last = move |step: &WriteStep<'_>| complete(step, &upload, &digest, damaged.as_deref());
        let new = self.writer.run(OPERATION, last).await?;
        self.remove_retired().await?;
        Ok(new)
    }

    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        self.find(digest).await?.map(|(_, bytes)| bytes).transpose()
    }

    async fn about_component(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        let digest = digest.clone();
        let read = move |db: &Connection| {
            let sql = "SELECT about FROM components WHERE digest = ?1 AND expires_ms IS NULL";
            Ok(db
                .prepare_cached(sql)?
                .query_row([digest.as_str()], |row| row.get(0))
                .optional()?)
        };
        self.readers.run("about component", read).await
    }

    async fn drop_component(&self, digest: &Digest) -> Result<bool, StoreError> {
        let digest = digest.clone();
        let drop = move |step: &WriteStep<'_>| {
            let Some(upload) = complete_upload(step.db, &digest)? else {
                return Ok(false);
            };
            retire(step, &upload)?;
            Ok(true)
        };
        let dropped = self.writer.run("drop component", drop).await?;
        self.remove_retired().await?;
        Ok(dropped)
    }
}

impl SqliteStore {
    /// Returns the upload of a component that is complete, and its bytes if they match the digest.
    async fn find(&self, digest: &Digest) -> Result<Option<(String, Result<Bytes, StoreError>)>, StoreError> {
        let of = digest.clone();
        let found = self
            .readers
            .run("component", move |db| component_parts::read(db, &of))
            .await?;
        let Some((upload, bytes)) = found else { return Ok(None) };
        Ok(Some((upload, check("component", digest, bytes).await)))
    }

    async fn remove_retired(&self) -> Result<(), StoreError> {
        while self
            .writer
            .run("drop component", |step| component_parts::sweep(step.db, step.now_ms))
            .await?
        {}
        Ok(())
    }
}
