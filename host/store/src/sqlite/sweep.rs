//! Removal of what has expired.
//!
//! Guarantee: removes only what no read returns any more, a part at a time, so that no operation
//! waits long for it.

use rusqlite::Connection;

use super::component_parts;
use super::errors::SqlResult;
use vconduit_base::clock::now_ms_signed as now_ms;

/// Rows of each table that one sweep removes.
const MAX_ROWS: u32 = 500;

/// Removes one part of each table, in one transaction. Returns true when there may be more.
pub fn sweep(db: &Connection) -> SqlResult<bool> {
    let transaction = db.unchecked_transaction()?;
    let limits = (now_ms(), MAX_ROWS);
    let documents = transaction.execute(
        "DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    // Both statements select the same terms: nothing comes between them in a transaction.
    transaction.execute(
        "DELETE FROM term_ids WHERE term IN (SELECT term FROM terms WHERE expires_ms <= ?1 ORDER BY expires_ms, term LIMIT ?2)",
        limits,
    )?;
    let terms = transaction.execute(
        "DELETE FROM terms WHERE term IN (SELECT term FROM terms WHERE expires_ms <= ?1 ORDER BY expires_ms, term LIMIT ?2)",
        limits,
    )?;
    transaction.execute("DELETE FROM contexts WHERE expires_ms <= ?1", (limits.0,))?;
    let trails = transaction.execute(
        "DELETE FROM trails WHERE (vcon, number) IN (SELECT vcon, number FROM trails WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let components = component_parts::sweep(&transaction, limits.0)?;
    transaction.commit()?;
    Ok(components || [documents, terms, trails].contains(&(MAX_ROWS as usize)))
}
