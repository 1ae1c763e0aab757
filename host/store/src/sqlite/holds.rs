//! The protection of documents that have work before them.
//!
//! Guarantee: a document does not expire while its id is on an ingress list of the running
//! configuration, under a claim or parked, nor while such a run is about it. The tables themselves
//! say what holds a document, so no count can go wrong. `until_ms` keeps the time at which a
//! document is to expire when it has not the usual lifetime.

use rusqlite::Connection;

use super::SqliteStore;
use super::errors::SqlResult;
use super::lifetimes::expiry;
use super::step::WriteStep;
use crate::StoreError;
use vconduit_base::names::ListName;

/// A deletion is remembered for a day after the last work for the id: longer than any read of a
/// storage that could bring the document back.
const DELETED_S: i64 = 86_400;
/// Entries of a list that one step looks at.
const MAX_ADOPTED: u32 = 500;
/// `until_ms` of a document that has no lifetime.
const NEVER: i64 = -1;

/// Takes the lifetime of a document away. Keeps it for later when there was none, or a longer one
/// than is usual.
pub fn hold(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    let sql = "UPDATE documents SET held = 1, expires_ms = NULL, until_ms = coalesce(until_ms, CASE
                 WHEN expires_ms IS NULL THEN ?2 WHEN expires_ms > ?3 THEN expires_ms ELSE NULL END)
               WHERE id = ?1 AND held = 0 AND (expires_ms IS NULL OR expires_ms > ?4)";
    let usual = expiry(step.now_ms, step.document_s);
    step.db.prepare_cached(sql)?.execute((id, NEVER, usual, step.now_ms))?;
    Ok(())
}

/// Starts the lifetime of a document, unless something holds it still.
pub fn release(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    if is_held(step.db, id)? {
        return Ok(());
    }
    let sql = "UPDATE documents SET held = 0, until_ms = nullif(until_ms, ?2), expires_ms = CASE
                 WHEN until_ms = ?2 THEN NULL WHEN until_ms IS NOT NULL THEN until_ms ELSE ?3 END
               WHERE id = ?1 AND held = 1";
    let usual = expiry(step.now_ms, step.document_s);
    step.db.prepare_cached(sql)?.execute((id, NEVER, usual))?;
    step.db
        .prepare_cached("UPDATE deleted SET expires_ms = ?2 WHERE id = ?1 AND expires_ms IS NULL")?
        .execute((id, expiry(step.now_ms, DELETED_S)))?;
    Ok(())
}

/// Starts the lifetime of a document anew that nothing holds, because a run has ended with it. A
/// longer one stays.
pub fn touch(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    let sql = "UPDATE documents SET expires_ms = max(expires_ms, ?2)
               WHERE id = ?1 AND held = 0 AND expires_ms > ?3";
    let usual = expiry(step.now_ms, step.document_s);
    step.db.prepare_cached(sql)?.execute((id, usual, step.now_ms))?;
    Ok(())
}

/// Holds the document of an entry that was pushed, if the list is an ingress list.
pub fn enters(step: &WriteStep<'_>, list: &str, id: &str) -> SqlResult<()> {
    let is_ingress = step
        .db
        .prepare_cached("SELECT 1 FROM ingress WHERE list = ?1")?
        .exists([list])?;
    if is_ingress { hold(step, id) } else { Ok(()) }
}

/// Moves the hold of a run from the vCon that it was about to another one.
pub fn moves(step: &WriteStep<'_>, before: Option<&str>, after: Option<&str>) -> SqlResult<()> {
    if before == after {
        return Ok(());
    }
    if let Some(after) = after {
        hold(step, after)?;
    }
    before.map_or(Ok(()), |before| release(step, before))
}

/// Returns true while something holds the document with this id.
pub fn is_held(db: &Connection, id: &str) -> SqlResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM claims WHERE vcon = ?1)
                   OR EXISTS (SELECT 1 FROM claims WHERE current = ?1)
                   OR EXISTS (SELECT 1 FROM entries JOIN ingress ON ingress.list = entries.list WHERE entries.id = ?1)
                   OR EXISTS (SELECT 1 FROM parked WHERE vcon = ?1)
                   OR EXISTS (SELECT 1 FROM parked WHERE current = ?1)
                   OR EXISTS (SELECT 1 FROM notes WHERE current = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

/// Remembers that a document was deleted on purpose.
pub fn note_deleted(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    let until = if is_held(step.db, id)? {
        None
    } else {
        expiry(step.now_ms, DELETED_S)
    };
    let sql = "INSERT INTO deleted (id, expires_ms) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET expires_ms = ?2";
    step.db.prepare_cached(sql)?.execute((id, until))?;
    Ok(())
}

/// Forgets that a document was deleted: it was stored anew.
pub fn forget_deleted(step: &WriteStep<'_>, id: &str) -> SqlResult<()> {
    step.db
        .prepare_cached("DELETE FROM deleted WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Returns true when the document was deleted on purpose, and not stored again since.
pub fn was_deleted(db: &Connection, id: &str, now_ms: i64) -> SqlResult<bool> {
    let sql = "SELECT 1 FROM deleted WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?2)";
    Ok(db.prepare_cached(sql)?.exists((id, now_ms))?)
}

/// Replaces the set of ingress lists. Returns the lists whose entries do not hold their documents
/// yet.
pub fn replace_ingress(step: &WriteStep<'_>, lists: &[ListName]) -> SqlResult<Vec<String>> {
    let stored: Vec<String> = column(step, "SELECT list FROM ingress")?;
    for gone in stored
        .iter()
        .filter(|stored| !lists.iter().any(|list| list.as_str() == *stored))
    {
        step.db
            .prepare_cached("DELETE FROM ingress WHERE list = ?1")?
            .execute([gone])?;
    }
    for list in lists {
        step.db
            .prepare_cached("INSERT OR IGNORE INTO ingress (list, adopted) VALUES (?1, 0)")?
            .execute([list.as_str()])?;
    }
    column(step, "SELECT list FROM ingress WHERE adopted = 0")
}

fn column(step: &WriteStep<'_>, sql: &str) -> SqlResult<Vec<String>> {
    let mut statement = step.db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Holds the documents of entries behind this position. Returns the position of the last one, and
/// nothing at the end of the list.
fn adopt(step: &WriteStep<'_>, list: &str, after: i64) -> SqlResult<Option<i64>> {
    let sql = "SELECT id, position FROM entries WHERE list = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
    let entries: Vec<(String, i64)> = {
        let mut statement = step.db.prepare_cached(sql)?;
        let rows = statement.query_map((list, after, MAX_ADOPTED), |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (id, _) in &entries {
        enters(step, list, id)?;
    }
    if entries.len() < MAX_ADOPTED as usize {
        step.db
            .prepare_cached("UPDATE ingress SET adopted = 1 WHERE list = ?1")?
            .execute([list])?;
        return Ok(None);
    }
    Ok(entries.last().map(|(_, position)| *position))
}

impl SqliteStore {
    /// Holds the documents of the entries that are on a list already.
    pub(super) async fn adopt(&self, list: String) -> Result<(), StoreError> {
        let mut after = Some(i64::MIN);
        while let Some(position) = after {
            let list = list.clone();
            after = self
                .writer
                .run("adopt", move |step| adopt(step, &list, position))
                .await?;
        }
        Ok(())
    }
}
