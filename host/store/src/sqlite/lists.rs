//! Lists of ids: push, pop, depth, entries, wait.
//!
//! Guarantee: the head of a list has its smallest position; no two entries of a list have the same one.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};
use tokio::time::{Instant, timeout_at};

use super::SqliteStore;
use super::documents::expiry;
use super::errors::Sql;
use super::writer::Step;
use crate::{Effects, ListStore, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Appends an id to a list.
pub fn push(step: &Step<'_>, list: &str, id: &str) -> Sql<()> {
    let sql = "INSERT INTO entries (list, position, id)
               VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM entries WHERE list = ?1), ?2)";
    step.db.prepare_cached(sql)?.execute((list, id))?;
    step.pushed_to(list);
    Ok(())
}

/// Puts an id at the head of a list.
pub fn push_head(step: &Step<'_>, list: &str, id: &str) -> Sql<()> {
    let sql = "INSERT INTO entries (list, position, id)
               VALUES (?1, (SELECT coalesce(min(position), 0) - 1 FROM entries WHERE list = ?1), ?2)";
    step.db.prepare_cached(sql)?.execute((list, id))?;
    step.pushed_to(list);
    Ok(())
}

/// Appends an id to a list, with its trace context if there is one.
pub fn push_with_context(step: &Step<'_>, list: &str, id: &str, context: Option<&str>, context_s: i64) -> Sql<()> {
    if let Some(context) = context {
        let sql = "INSERT INTO contexts (list, id, number, context, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        step.db.prepare_cached(sql)?.execute((
            list,
            id,
            step.new_revision(),
            context,
            expiry(step.now_ms, context_s),
        ))?;
    }
    push(step, list, id)
}

/// Takes the oldest context of an id on a list.
pub fn take_context(step: &Step<'_>, list: &str, id: &str) -> Sql<Option<String>> {
    let mut statement = step.db.prepare_cached(
        "DELETE FROM contexts WHERE list = ?1 AND id = ?2 AND number =
           (SELECT min(number) FROM contexts WHERE list = ?1 AND id = ?2 AND (expires_ms IS NULL OR expires_ms > ?3))
         RETURNING context",
    )?;
    let mut rows = statement.query((list, id, step.now_ms))?;
    let context = rows.next()?.map(|row| row.get(0)).transpose()?;
    Ok(context)
}

/// Takes up to `count` entries from the head of a list.
pub fn take_head(step: &Step<'_>, list: &str, count: u32) -> Sql<Vec<String>> {
    let mut statement = step
        .db
        .prepare_cached("SELECT id, position FROM entries WHERE list = ?1 ORDER BY position LIMIT ?2")?;
    let rows = statement.query_map((list, count), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let entries: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    if let Some((_, last)) = entries.last() {
        step.db
            .prepare_cached("DELETE FROM entries WHERE list = ?1 AND position <= ?2")?
            .execute((list, last))?;
    }
    Ok(entries.into_iter().map(|(id, _)| id).collect())
}

/// What a run does beside its document.
pub fn apply(step: &Step<'_>, effects: &Effects) -> Sql<()> {
    for (list, id) in &effects.push {
        push(step, list.as_str(), id.as_str())?;
    }
    for (id, seconds) in &effects.expire {
        super::documents::set_lifetime(step, id.as_str(), *seconds)?;
    }
    Ok(())
}

/// The entries of a list from its head.
pub fn entries(db: &Connection, list: &str, offset: u64, count: u64) -> Sql<Vec<String>> {
    let clamped = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut statement =
        db.prepare_cached("SELECT id FROM entries WHERE list = ?1 ORDER BY position LIMIT ?2 OFFSET ?3")?;
    let ids = statement.query_map((list, clamped(count), clamped(offset)), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn take_tail(step: &Step<'_>, list: &str, count: usize) -> Sql<Vec<String>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut statement = step
        .db
        .prepare_cached("SELECT id, position FROM entries WHERE list = ?1 ORDER BY position DESC LIMIT ?2")?;
    let rows = statement.query_map((list, count), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let entries: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    if let Some((_, first)) = entries.last() {
        step.db
            .prepare_cached("DELETE FROM entries WHERE list = ?1 AND position >= ?2")?
            .execute((list, first))?;
    }
    Ok(entries.into_iter().map(|(id, _)| id).collect())
}

/// Returns the position of the first entry with this id.
pub fn first_position(db: &Connection, list: &str, id: &str) -> Sql<Option<i64>> {
    let sql = "SELECT min(position) FROM entries WHERE list = ?1 AND id = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row((list, id), |row| row.get(0))
        .optional()?
        .flatten())
}

#[async_trait]
impl ListStore for SqliteStore {
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError> {
        let (list, ids, context) = (list.clone(), ids.to_vec(), context.map(str::to_owned));
        let context_s = self.lifetimes.context_s;
        let all = move |step: &Step<'_>| {
            ids.iter()
                .try_for_each(|id| push_with_context(step, list.as_str(), id.as_str(), context.as_deref(), context_s))
        };
        self.writer.run("push", all).await
    }

    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        let list = list.clone();
        self.writer
            .run("pop", move |step| take_tail(step, list.as_str(), count))
            .await
    }

    async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        let list = list.clone();
        let depth = move |db: &Connection| {
            let count: i64 = db
                .prepare_cached("SELECT count(*) FROM entries WHERE list = ?1")?
                .query_row([list.as_str()], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        self.readers.run("depth", depth).await
    }

    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let list = list.clone();
        self.readers
            .run("entries", move |db| entries(db, list.as_str(), offset, count))
            .await
    }

    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError> {
        // A time too far away to be one means as long as it takes.
        let until = Instant::now()
            .checked_add(at_most)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365));
        let waiting = self.waiters.of(list.as_str());
        loop {
            // Before looking: an entry that comes right after the look still wakes us.
            let mut woken = std::pin::pin!(waiting.notified());
            woken.as_mut().enable();
            if self.has_entry(list).await? {
                return Ok(true);
            }
            if timeout_at(until, woken).await.is_err() {
                return Ok(false);
            }
        }
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let (list, id) = (list.clone(), id.clone());
        let look = move |db: &Connection| {
            let Some(position) = first_position(db, list.as_str(), id.as_str())? else {
                return Ok(None);
            };
            let before: i64 = db
                .prepare_cached("SELECT count(*) FROM entries WHERE list = ?1 AND position < ?2")?
                .query_row((list.as_str(), position), |row| row.get(0))?;
            Ok(Some(before.unsigned_abs()))
        };
        self.readers.run("position", look).await
    }
}

impl SqliteStore {
    async fn has_entry(&self, list: &ListName) -> Result<bool, StoreError> {
        let list = list.clone();
        let look = move |db: &Connection| {
            Ok(db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM entries WHERE list = ?1)")?
                .query_row([list.as_str()], |row| row.get(0))?)
        };
        self.readers.run("wait", look).await
    }
}
