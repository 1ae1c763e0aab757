//! Components: the statements for uploads and their parts.
//!
//! Guarantee: an upload is visible once its last step has completed it. An upload that was never
//! completed is removed at the next start, or when it is too old.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};

use super::errors::{SqlError, SqlResult};
use super::lifetimes::expiry;
use super::step::WriteStep;
use crate::components::MAX_UPLOAD_S;
use vconduit_base::names::Digest;

/// Parts that one step removes: 4 MB.
const MAX_REMOVED: u32 = 16;

/// Removes some parts of uploads that have expired, and uploads without parts. Returns true when
/// there may be more.
pub fn sweep(db: &Connection, now_ms: i64) -> SqlResult<bool> {
    let parts = db
        .prepare_cached(
            "DELETE FROM component_parts WHERE rowid IN (SELECT p.rowid FROM components c JOIN component_parts p USING (upload)
               WHERE c.expires_ms <= ?1 LIMIT ?2)",
        )?
        .execute((now_ms, MAX_REMOVED))?;
    if parts == MAX_REMOVED as usize {
        return Ok(true);
    }
    db.prepare_cached("DELETE FROM components WHERE expires_ms <= ?1")?
        .execute([now_ms])?;
    Ok(false)
}

/// Removes the incomplete uploads of the last process.
pub fn sweep_all(db: &Connection) -> SqlResult<()> {
    while sweep(db, i64::MAX)? {}
    Ok(())
}

/// Returns the upload of a component that is complete.
pub fn complete_upload(db: &Connection, digest: &Digest) -> SqlResult<Option<String>> {
    let sql = "SELECT upload FROM components WHERE digest = ?1 AND expires_ms IS NULL";
    Ok(db
        .prepare_cached(sql)?
        .query_row([digest.as_str()], |row| row.get(0))
        .optional()?)
}

/// Returns the upload of a component, and its bytes without a check.
pub fn read(db: &Connection, digest: &Digest) -> SqlResult<Option<(String, Bytes)>> {
    // A transaction, so that both are of one moment.
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

/// Begins an upload, which expires unless it is completed.
pub fn begin(step: &WriteStep<'_>, upload: &str, digest: &Digest, about: &str) -> SqlResult<()> {
    let sql = "INSERT INTO components (upload, digest, about, expires_ms) VALUES (?1, ?2, ?3, ?4)";
    let until = expiry(step.now_ms, i64::from(MAX_UPLOAD_S));
    step.db
        .prepare_cached(sql)?
        .execute((upload, digest.as_str(), about, until))?;
    Ok(())
}

/// Adds a part to an upload.
pub fn add_part(step: &WriteStep<'_>, upload: &str, number: i64, bytes: &[u8]) -> SqlResult<()> {
    step.db
        .prepare_cached("INSERT INTO component_parts (upload, number, bytes) VALUES (?1, ?2, ?3)")?
        .execute((upload, number, bytes))?;
    Ok(())
}

/// Completes an upload. It may replace the damaged upload, but no other. Returns false when another
/// upload of the same component was first.
pub fn complete(step: &WriteStep<'_>, upload: &str, digest: &Digest, damaged: Option<&str>) -> SqlResult<bool> {
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
        return Err(SqlError::damaged(
            "the upload took too long; upload the component again",
        ));
    }
    Ok(true)
}

/// Makes an upload invisible. Its parts are removed by [`sweep`].
pub fn retire(step: &WriteStep<'_>, upload: &str) -> SqlResult<()> {
    step.db
        .prepare_cached("UPDATE components SET expires_ms = 0 WHERE upload = ?1")?
        .execute([upload])?;
    Ok(())
}
