//! Lifetimes: when something expires, and the lifetimes of documents.
//!
//! Guarantee: a document that has expired is treated as not found, even if it has not been removed
//! yet.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::errors::SqlResult;
use super::holds;
use super::step::WriteStep;
use vconduit_base::lifetimes::MAX_LIFETIME_S;

/// Returns the time at which something expires that lives this many seconds from now, in Unix
/// milliseconds. `None` for 0 or less: it never expires.
pub fn expiry(now_ms: i64, seconds: i64) -> Option<i64> {
    (seconds > 0).then(|| now_ms.saturating_add(seconds.saturating_mul(1000)))
}

/// Returns the end of a lease or a wait that begins now, in Unix milliseconds.
pub fn end_of(now_ms: i64, lasts: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the remaining lifetime of a document in seconds: -1 without a limit, `None` when the
/// document is not found.
pub fn remaining(db: &Connection, id: &str, now_ms: i64) -> SqlResult<Option<i64>> {
    let expires: Option<Option<i64>> = db
        .prepare_cached("SELECT expires_ms FROM documents WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(match expires {
        None => None,
        Some(None) => Some(-1),
        Some(Some(at)) if at <= now_ms => None,
        // Rounded as Redis does, so that a lifetime that was just set reads as the same number.
        Some(Some(at)) => Some((at - now_ms + 500) / 1000),
    })
}

/// Sets the lifetime of a document in seconds, [`MAX_LIFETIME_S`] at most. That of a held document
/// ends when its last hold does, at the earliest. With 0 or less it has ended. Returns false when
/// the document is not found.
pub fn set(step: &WriteStep<'_>, id: &str, seconds: i64) -> SqlResult<bool> {
    let sql = "UPDATE documents SET expires_ms = CASE held WHEN 1 THEN NULL ELSE ?2 END,
                                    until_ms = ?2
               WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?3)";
    let lasts = Duration::from_secs(seconds.clamp(0, MAX_LIFETIME_S).unsigned_abs());
    let expires_ms = end_of(step.now_ms, lasts);
    let changed = step.db.prepare_cached(sql)?.execute((id, expires_ms, step.now_ms))?;
    Ok(changed == 1)
}

/// Gives a document the lifetime of dead letters in seconds, if that is longer than the one it has.
/// 0 changes nothing, less than 0 removes the limit.
pub fn keep_dead(step: &WriteStep<'_>, id: &str, seconds: i64) -> SqlResult<()> {
    if seconds == 0 {
        return Ok(());
    }
    // Without a time of its own, a held document gets the usual lifetime later.
    let is_usual_longer = seconds > 0 && (step.document_s <= 0 || step.document_s >= seconds);
    let sql = "UPDATE documents SET
                 expires_ms = CASE WHEN ?2 IS NULL THEN NULL ELSE max(expires_ms, ?2) END,
                 until_ms = CASE WHEN held = 0 THEN NULL WHEN ?2 IS NULL OR until_ms = -1 THEN -1
                                 WHEN until_ms IS NULL THEN iif(?3, NULL, ?2) ELSE max(until_ms, ?2) END
               WHERE id = ?1 AND (expires_ms IS NULL OR expires_ms > ?4)";
    let at = expiry(step.now_ms, seconds);
    step.db
        .prepare_cached(sql)?
        .execute((id, at, is_usual_longer, step.now_ms))?;
    Ok(())
}

/// Deletes a document on purpose. Returns false when it is not found.
pub fn delete(step: &WriteStep<'_>, id: &str) -> SqlResult<bool> {
    holds::note_deleted(step, id)?;
    remove(step, id)
}

fn remove(step: &WriteStep<'_>, id: &str) -> SqlResult<bool> {
    let found = remaining(step.db, id, step.now_ms)?.is_some();
    step.db
        .prepare_cached("DELETE FROM documents WHERE id = ?1")?
        .execute([id])?;
    Ok(found)
}
