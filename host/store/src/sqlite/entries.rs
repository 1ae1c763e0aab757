//! Entries of lists: the statements that add, take and read them.
//!
//! Guarantee: the head of a list has its smallest position. No two entries of a list have the same
//! position.

use rusqlite::{Connection, OptionalExtension};

use super::errors::SqlResult;
use super::holds;
use super::lifetimes::expiry;
use super::step::WriteStep;

/// Appends an id to a list.
pub fn push(step: &WriteStep<'_>, list: &str, id: &str) -> SqlResult<()> {
    let sql = "INSERT INTO entries (list, position, id)
               VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM entries WHERE list = ?1), ?2)";
    step.db.prepare_cached(sql)?.execute((list, id))?;
    step.pushed_to(list);
    holds::enters(step, list, id)
}

/// Puts an id at the head of a list.
pub fn push_head(step: &WriteStep<'_>, list: &str, id: &str) -> SqlResult<()> {
    let sql = "INSERT INTO entries (list, position, id)
               VALUES (?1, (SELECT coalesce(min(position), 0) - 1 FROM entries WHERE list = ?1), ?2)";
    step.db.prepare_cached(sql)?.execute((list, id))?;
    step.pushed_to(list);
    holds::enters(step, list, id)
}

/// Appends an id to a list, with its trace context if there is one.
pub fn push_with_context(
    step: &WriteStep<'_>,
    list: &str,
    id: &str,
    context: Option<&str>,
    context_s: i64,
) -> SqlResult<()> {
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

/// Takes the oldest trace context of an id on a list.
pub fn take_context(step: &WriteStep<'_>, list: &str, id: &str) -> SqlResult<Option<String>> {
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
pub fn take_head(step: &WriteStep<'_>, list: &str, count: u32) -> SqlResult<Vec<String>> {
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

/// Takes up to `count` entries from the tail of a list, the last one first. No one will work on
/// them, so they hold their documents no longer.
pub fn take_tail(step: &WriteStep<'_>, list: &str, count: usize) -> SqlResult<Vec<String>> {
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
    let ids: Vec<String> = entries.into_iter().map(|(id, _)| id).collect();
    ids.iter().try_for_each(|id| holds::release(step, id))?;
    Ok(ids)
}

/// Returns entries of a list from its head.
pub fn read(db: &Connection, list: &str, offset: u64, count: u64) -> SqlResult<Vec<String>> {
    let clamped = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut statement =
        db.prepare_cached("SELECT id FROM entries WHERE list = ?1 ORDER BY position LIMIT ?2 OFFSET ?3")?;
    let ids = statement.query_map((list, clamped(count), clamped(offset)), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Entries that are counted one by one. More than these take too long for a call that a reader is
/// kept for.
const MAX_COUNTED: i64 = 100_000;

/// Returns the number of entries of a list. For a list of more than [`MAX_COUNTED`] entries, those
/// that were taken from its middle may be counted too.
pub fn count(db: &Connection, list: &str) -> SqlResult<u64> {
    let sql = "SELECT (SELECT max(position) FROM entries WHERE list = ?1),
                      (SELECT min(position) FROM entries WHERE list = ?1)";
    let ends = db.prepare_cached(sql)?.query_row([list], |row| {
        Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    let (Some(last), Some(first)) = ends else { return Ok(0) };
    let span = last - first + 1;
    if span > MAX_COUNTED {
        return Ok(span.unsigned_abs());
    }
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM entries WHERE list = ?1")?
        .query_row([list], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Returns the position of the first entry with this id.
pub fn first_position(db: &Connection, list: &str, id: &str) -> SqlResult<Option<i64>> {
    let sql = "SELECT min(position) FROM entries WHERE list = ?1 AND id = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row((list, id), |row| row.get(0))
        .optional()?
        .flatten())
}
