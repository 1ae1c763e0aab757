//! Removes what has expired.
//!
//! Guarantee: only what no read shows any more is removed, a part at a time, so that no one waits long for it.

use rusqlite::Connection;

use super::errors::Sql;
use super::{components, now_ms};

/// Rows of each table in one go.
const PART: u32 = 500;

/// One part of each table, in one transaction. Answers whether there may be more.
pub fn sweep(db: &Connection) -> Sql<bool> {
    let step = db.unchecked_transaction()?;
    let limits = (now_ms(), PART);
    let documents = step.execute(
        "DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    // The same terms both times: nothing comes between inside of a transaction.
    step.execute(
        "DELETE FROM term_ids WHERE term IN (SELECT term FROM terms WHERE expires_ms <= ?1 ORDER BY expires_ms, term LIMIT ?2)",
        limits,
    )?;
    let terms = step.execute(
        "DELETE FROM terms WHERE term IN (SELECT term FROM terms WHERE expires_ms <= ?1 ORDER BY expires_ms, term LIMIT ?2)",
        limits,
    )?;
    step.execute("DELETE FROM contexts WHERE expires_ms <= ?1", (limits.0,))?;
    let trails = step.execute(
        "DELETE FROM trails WHERE (vcon, number) IN (SELECT vcon, number FROM trails WHERE expires_ms <= ?1 LIMIT ?2)",
        limits,
    )?;
    let components = components::sweep(&step, limits.0)?;
    step.commit()?;
    Ok(components || [documents, terms, trails].contains(&(PART as usize)))
}
