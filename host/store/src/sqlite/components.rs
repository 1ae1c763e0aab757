//! Components, in parts.
//!
//! Guarantee: each part is written in a step of its own, so whoever else writes waits for one part at most. An upload is
//! seen when its last step has found all of its parts; one that has not come so far is removed at the next start, or
//! when it is too old.

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};

use super::SqliteStore;
use super::documents::expiry;
use super::errors::{Fault, Sql};
use super::writer::Step;
use crate::components::{MAX_UPLOAD_S, PART_BYTES, check};
use crate::{ComponentStore, StoreError};
use vconduit_base::names::Digest;

/// Parts removed in one step: 4 MB.
const PART: u32 = 16;

/// Removes some parts of uploads whose time has come, and those that have none left. Answers whether there may be more.
pub fn sweep(db: &Connection, now_ms: i64) -> Sql<bool> {
    let parts = db
        .prepare_cached(
            "DELETE FROM component_parts WHERE rowid IN (SELECT p.rowid FROM components c JOIN component_parts p USING (upload)
               WHERE c.expires_ms <= ?1 LIMIT ?2)",
        )?
        .execute((now_ms, PART))?;
    if parts == PART as usize {
        return Ok(true);
    }
    db.prepare_cached("DELETE FROM components WHERE expires_ms <= ?1")?
        .execute([now_ms])?;
    Ok(false)
}

/// Removes what the process before left behind.
pub fn sweep_all(db: &Connection) -> Sql<()> {
    while sweep(db, i64::MAX)? {}
    Ok(())
}

/// The upload that is complete.
fn complete_upload(db: &Connection, digest: &Digest) -> Sql<Option<String>> {
    let sql = "SELECT upload FROM components WHERE digest = ?1 AND expires_ms IS NULL";
    Ok(db
        .prepare_cached(sql)?
        .query_row([digest.as_str()], |row| row.get(0))
        .optional()?)
}

/// The upload, and its bytes as they are.
fn read(db: &Connection, digest: &Digest) -> Sql<Option<(String, Bytes)>> {
    // Both of one moment.
    let moment = db.unchecked_transaction()?;
    let Some(upload) = complete_upload(&moment, digest)? else {
        return Ok(None);
    };
    let mut all = Vec::new();
    let mut statement = moment.prepare_cached("SELECT bytes FROM component_parts WHERE upload = ?1 ORDER BY number")?;
    let mut rows = statement.query([&upload])?;
    while let Some(row) = rows.next()? {
        all.extend_from_slice(row.get_ref(0)?.as_blob().unwrap_or_default());
    }
    Ok(Some((upload, all.into())))
}

fn begin(step: &Step<'_>, upload: &str, digest: &Digest, about: &str) -> Sql<()> {
    let sql = "INSERT INTO components (upload, digest, about, expires_ms) VALUES (?1, ?2, ?3, ?4)";
    let until = expiry(step.now_ms, i64::from(MAX_UPLOAD_S));
    step.db
        .prepare_cached(sql)?
        .execute((upload, digest.as_str(), about, until))?;
    Ok(())
}

fn add_part(step: &Step<'_>, upload: &str, number: i64, bytes: &[u8]) -> Sql<()> {
    step.db
        .prepare_cached("INSERT INTO component_parts (upload, number, bytes) VALUES (?1, ?2, ?3)")?
        .execute((upload, number, bytes))?;
    Ok(())
}

/// False when someone else was first.
fn complete(step: &Step<'_>, upload: &str, digest: &Digest, damaged: Option<&str>) -> Sql<bool> {
    let before = complete_upload(step.db, digest)?;
    if before.is_some() && before.as_deref() != damaged {
        retire(step, upload)?;
        return Ok(false);
    }
    if let Some(before) = before {
        retire(step, &before)?;
    }
    let completed = step
        .db
        .prepare_cached("UPDATE components SET expires_ms = NULL WHERE upload = ?1 AND expires_ms > ?2")?
        .execute((upload, step.now_ms))?;
    if completed == 0 {
        return Err(Fault::damaged("the upload took too long; upload the component again"));
    }
    Ok(true)
}

/// From now on no one sees it; its parts are removed afterwards.
fn retire(step: &Step<'_>, upload: &str) -> Sql<()> {
    step.db
        .prepare_cached("UPDATE components SET expires_ms = 0 WHERE upload = ?1")?
        .execute([upload])?;
    Ok(())
}

#[async_trait]
impl ComponentStore for SqliteStore {
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError> {
        const WHAT: &str = "keep component";
        let bytes = check(WHAT, digest, bytes).await?;
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
            .run(WHAT, move |step| begin(step, &name, &of, &about))
            .await?;
        for (number, part) in (0..).zip(bytes.chunks(PART_BYTES)) {
            let part = bytes.slice_ref(part);
            let name = upload.clone();
            self.writer
                .run(WHAT, move |step| add_part(step, &name, number, &part))
                .await?;
        }
        let last = move |step: &Step<'_>| complete(step, &upload, &digest, damaged.as_deref());
        let new = self.writer.run(WHAT, last).await?;
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
        let drop = move |step: &Step<'_>| {
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
    /// The upload that is complete, and its bytes if they are whole.
    async fn find(&self, digest: &Digest) -> Result<Option<(String, Result<Bytes, StoreError>)>, StoreError> {
        let of = digest.clone();
        let found = self.readers.run("component", move |db| read(db, &of)).await?;
        let Some((upload, bytes)) = found else { return Ok(None) };
        Ok(Some((upload, check("component", digest, bytes).await)))
    }

    async fn remove_retired(&self) -> Result<(), StoreError> {
        while self
            .writer
            .run("drop component", |step| sweep(step.db, step.now_ms))
            .await?
        {}
        Ok(())
    }
}
