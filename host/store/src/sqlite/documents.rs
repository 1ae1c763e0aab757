//! Documents: put, get, conditional write, delete, lifetime.
//!
//! Guarantee: an expired document is as good as none, whether it has been removed yet or not.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use super::errors::{Fault, Sql};
use super::writer::Step;
use super::{SqliteStore, index, lists, now_ms};
use crate::{DocumentStore, Guarded, NewDocument, Revision, StoreError, Stored, Write};
use vcon_document::{Text, VconId};

/// When something expires that lives this long from now; 0 or less: never.
pub fn expiry(now_ms: i64, seconds: i64) -> Option<i64> {
    (seconds > 0).then(|| now_ms.saturating_add(seconds.saturating_mul(1000)))
}

/// A conditional write. Anything but `Done` has changed nothing.
pub fn overwrite(step: &Step<'_>, write: &Write) -> Sql<Guarded> {
    let new = step.new_revision();
    let expected: Option<i64> = write.expected.0.parse().ok();
    let written = step
        .db
        .prepare_cached(
            "UPDATE documents SET text = ?3, revision = ?4
             WHERE id = ?1 AND revision = ?2 AND (expires_ms IS NULL OR expires_ms > ?5)",
        )?
        .execute((write.id.as_str(), expected, &*write.text, new, step.now_ms))?;
    if written == 1 {
        return Ok(Guarded::Done(Some(revision(new))));
    }
    let there = lifetime(step.db, write.id.as_str(), step.now_ms)?.is_some();
    Ok(if there { Guarded::Conflict } else { Guarded::Gone })
}

/// A new lifetime; 0 or less deletes at once. False if there is no document.
pub fn set_lifetime(step: &Step<'_>, id: &str, seconds: i64) -> Sql<bool> {
    if seconds <= 0 {
        return remove(step, id);
    }
    let sql = "UPDATE documents SET expires_ms = ?2 WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?3)";
    Ok(step
        .db
        .prepare_cached(sql)?
        .execute((id, expiry(step.now_ms, seconds), step.now_ms))?
        == 1)
}

/// The dead-letter lifetime: 0 leaves it as it is, less than 0 means for ever.
pub fn keep_dead(step: &Step<'_>, id: &str, seconds: i64) -> Sql<()> {
    if seconds != 0 {
        let sql = "UPDATE documents SET expires_ms = ?2 WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?3)";
        step.db
            .prepare_cached(sql)?
            .execute((id, expiry(step.now_ms, seconds), step.now_ms))?;
    }
    Ok(())
}

fn remove(step: &Step<'_>, id: &str) -> Sql<bool> {
    let there = lifetime(step.db, id, step.now_ms)?.is_some();
    step.db
        .prepare_cached("DELETE FROM documents WHERE id = ?1")?
        .execute([id])?;
    Ok(there)
}

fn revision(number: i64) -> Revision {
    Revision(number.to_string().into())
}

/// Absent: `None`; no limit: -1.
fn lifetime(db: &Connection, id: &str, now_ms: i64) -> Sql<Option<i64>> {
    let expires: Option<Option<i64>> = db
        .prepare_cached("SELECT expires_ms FROM documents WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(match expires {
        None => None,
        Some(None) => Some(-1),
        Some(Some(at)) if at <= now_ms => None,
        // Rounded as Redis does, so that a lifetime that was just set reads as that.
        Some(Some(at)) => Some((at - now_ms + 500) / 1000),
    })
}

fn read(db: &Connection, id: &str, now_ms: i64) -> Sql<Option<Stored>> {
    let mut statement = db.prepare_cached(
        "SELECT text, revision FROM documents WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?2)",
    )?;
    let mut rows = statement.query((id, now_ms))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let text: Text = Text::from(row.get_ref(0)?.as_str().map_err(Fault::damaged)?);
    Ok(Some(Stored {
        text,
        revision: revision(row.get(1)?),
    }))
}

#[async_trait]
impl DocumentStore for SqliteStore {
    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        let (lifetimes, id, text) = (self.lifetimes, id.clone(), text.clone());
        let restore = move |step: &Step<'_>| {
            let id = id.as_str();
            let expires = expiry(step.now_ms, lifetimes.document_s);
            // One that has expired is as good as none.
            let stored = step
                .db
                .prepare_cached(
                    "INSERT INTO documents (id, revision, expires_ms, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET revision = ?2, expires_ms = ?3, text = ?4 WHERE expires_ms <= ?5",
                )?
                .execute((id, step.new_revision(), expires, &*text, step.now_ms))?;
            if stored == 1 {
                index::add(step, id, created_at_s, &[], lifetimes.index_s)?;
            }
            Ok(stored == 1)
        };
        self.writer.run("restore", restore).await
    }

    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        let lifetimes = self.lifetimes;
        let put = move |step: &Step<'_>| {
            let id = document.id.as_str();
            let expires = expiry(step.now_ms, lifetimes.document_s);
            step.db
                .prepare_cached(
                    "INSERT INTO documents (id, revision, expires_ms, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET revision = ?2, expires_ms = ?3, text = ?4",
                )?
                .execute((id, step.new_revision(), expires, &*document.text))?;
            index::add(step, id, document.created_at_s, &document.index, lifetimes.index_s)?;
            for list in &document.push_to {
                lists::push_with_context(
                    step,
                    list.as_str(),
                    id,
                    document.context.as_deref(),
                    lifetimes.context_s,
                )?;
            }
            Ok(())
        };
        self.writer.run("put", put).await
    }

    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let ids = ids.to_vec();
        let get = move |db: &Connection| {
            let now = now_ms();
            ids.iter().map(|id| read(db, id.as_str(), now)).collect()
        };
        self.readers.run("get", get).await
    }

    async fn write(&self, write: Write) -> Result<Guarded, StoreError> {
        self.writer.run("write", move |step| overwrite(step, &write)).await
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        let id = id.clone();
        let delete = move |step: &Step<'_>| {
            step.db
                .prepare_cached("DELETE FROM listing WHERE id = ?1")?
                .execute([id.as_str()])?;
            remove(step, id.as_str())
        };
        self.writer.run("delete", delete).await
    }

    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError> {
        let id = id.clone();
        self.readers
            .run("lifetime", move |db| lifetime(db, id.as_str(), now_ms()))
            .await
    }

    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        self.writer
            .run("expire", move |step| set_lifetime(step, id.as_str(), seconds))
            .await
    }
}
