//! Documents: put, get, conditional write, delete, lifetime.
//!
//! Guarantee: an expired document is not found, even if it has not been removed yet.

use async_trait::async_trait;
use rusqlite::Connection;

use super::errors::{SqlError, SqlResult};
use super::lifetimes::expiry;
use super::step::WriteStep;
use super::{SqliteStore, entries, holds, index, lifetimes};
use crate::{DocumentStore, Guarded, NeededDocument, NewDocument, Revision, StoreError, Stored, Write};
use vcon_document::{Text, VconId};
use vconduit_base::clock::now_ms_signed as now_ms;

/// Makes a conditional write. Any result but `Done` has changed nothing.
pub fn overwrite(step: &WriteStep<'_>, write: &Write) -> SqlResult<Guarded> {
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
    let found = lifetimes::remaining(step.db, write.id.as_str(), step.now_ms)?.is_some();
    Ok(if found { Guarded::Conflict } else { Guarded::Gone })
}

/// Returns the result of a step whose document is not there. `None` when the document is as needed.
pub fn unmet(step: &WriteStep<'_>, needed: &NeededDocument) -> SqlResult<Option<Guarded>> {
    let sql = "SELECT revision FROM documents WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?2)";
    let mut statement = step.db.prepare_cached(sql)?;
    let mut rows = statement.query((needed.id.as_str(), step.now_ms))?;
    let Some(row) = rows.next()? else {
        return Ok(Some(Guarded::Gone));
    };
    let is = revision(row.get(0)?);
    let is_other = needed.revision.as_ref().is_some_and(|expected| *expected != is);
    Ok(is_other.then_some(Guarded::Conflict))
}

/// Holds a document that was stored anew, for the work that was left for its id before.
fn hold_again(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    if holds::is_held(step.db, id)? {
        holds::hold(step, id)?;
    }
    Ok(())
}

fn revision(number: i64) -> Revision {
    Revision(number.to_string().into())
}

fn read(db: &Connection, id: &str, now_ms: i64) -> SqlResult<Option<Stored>> {
    let mut statement = db.prepare_cached(
        "SELECT text, revision FROM documents WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?2)",
    )?;
    let mut rows = statement.query((id, now_ms))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let text: Text = Text::from(row.get_ref(0)?.as_str().map_err(SqlError::damaged)?);
    Ok(Some(Stored {
        text,
        revision: revision(row.get(1)?),
    }))
}

#[async_trait]
impl DocumentStore for SqliteStore {
    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        let lifetimes = self.lifetimes;
        let put = move |step: &WriteStep<'_>| {
            let id = document.id.as_str();
            let expires = expiry(step.now_ms, lifetimes.document_s);
            step.db
                .prepare_cached(
                    "INSERT INTO documents (id, revision, expires_ms, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET revision = ?2, expires_ms = ?3, text = ?4, held = 0, until_ms = NULL",
                )?
                .execute((id, step.new_revision(), expires, &*document.text))?;
            holds::forget_deleted(step, id)?;
            hold_again(step, id)?;
            index::add(step, id, document.created_at_s, &document.index, lifetimes.index_s)?;
            let context = document.context.as_deref();
            document
                .push_to
                .iter()
                .try_for_each(|list| entries::push_with_context(step, list.as_str(), id, context, lifetimes.context_s))
        };
        self.writer.run("put", put).await
    }

    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        let (lifetimes, id, text) = (self.lifetimes, id.clone(), text.clone());
        let restore = move |step: &WriteStep<'_>| {
            let id = id.as_str();
            if holds::was_deleted(step.db, id, step.now_ms)? {
                return Ok(false);
            }
            let expires = expiry(step.now_ms, lifetimes.document_s);
            // The condition lets an expired document be replaced.
            let stored = step
                .db
                .prepare_cached(
                    "INSERT INTO documents (id, revision, expires_ms, text) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET revision = ?2, expires_ms = ?3, text = ?4, until_ms = NULL
                     WHERE expires_ms <= ?5",
                )?
                .execute((id, step.new_revision(), expires, &*text, step.now_ms))?;
            if stored == 1 {
                hold_again(step, id)?;
                index::add(step, id, created_at_s, &[], lifetimes.index_s)?;
            }
            Ok(stored == 1)
        };
        self.writer.run("restore", restore).await
    }

    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let ids = ids.to_vec();
        let get = move |db: &Connection| {
            let now = now_ms();
            ids.iter().map(|id| read(db, id.as_str(), now)).collect()
        };
        self.readers.run("get", get).await
    }

    async fn exist(&self, ids: &[VconId]) -> Result<Vec<bool>, StoreError> {
        let ids = ids.to_vec();
        let exist = move |db: &Connection| {
            let now = now_ms();
            ids.iter()
                .map(|id| Ok(lifetimes::remaining(db, id.as_str(), now)?.is_some()))
                .collect()
        };
        self.readers.run("exist", exist).await
    }

    async fn write(&self, write: Write) -> Result<Guarded, StoreError> {
        self.writer.run("write", move |step| overwrite(step, &write)).await
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        let id = id.clone();
        let delete = move |step: &WriteStep<'_>| {
            step.db
                .prepare_cached("DELETE FROM listing WHERE id = ?1")?
                .execute([id.as_str()])?;
            lifetimes::delete(step, id.as_str())
        };
        self.writer.run("delete", delete).await
    }

    async fn was_deleted(&self, id: &VconId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.readers
            .run("was deleted", move |db| holds::was_deleted(db, id.as_str(), now_ms()))
            .await
    }

    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError> {
        let id = id.clone();
        self.readers
            .run("lifetime", move |db| lifetimes::remaining(db, id.as_str(), now_ms()))
            .await
    }

    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        self.writer
            .run("expire", move |step| lifetimes::set(step, id.as_str(), seconds))
            .await
    }
}
