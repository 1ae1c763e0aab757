//! What runs did with a vCon.
//!
//! Guarantee: an entry is there with the step that it tells of, or not at all.

use rusqlite::Connection;

use super::documents::expiry;
use super::errors::Sql;
use super::now_ms;
use super::writer::Step;
use crate::claims::MAX_TRAIL_ENTRIES;
use vcon_document::VconId;

/// What there is to note.
#[derive(Debug, Clone)]
pub struct Note {
    entry: Option<String>,
    seconds: i64,
}

impl Note {
    /// Nothing to note when trails are off.
    pub fn new(entry: Option<&str>, seconds: i64) -> Self {
        Self {
            entry: entry.filter(|_| seconds > 0).map(str::to_owned),
            seconds,
        }
    }

    /// For the entry, and for the current vCon when that is another one.
    pub fn add(&self, step: &Step<'_>, vcon: &VconId, current: Option<&VconId>) -> Sql<()> {
        let Some(entry) = &self.entry else { return Ok(()) };
        let until = expiry(step.now_ms, self.seconds);
        let current = current.filter(|current| *current != vcon);
        for id in std::iter::once(vcon).chain(current) {
            // Those that have expired are not brought back.
            step.db
                .prepare_cached("UPDATE trails SET expires_ms = ?2 WHERE vcon = ?1 AND expires_ms > ?3")?
                .execute((id.as_str(), until, step.now_ms))?;
            step.db
                .prepare_cached("INSERT INTO trails (vcon, number, expires_ms, entry) VALUES (?1, ?2, ?3, ?4)")?
                .execute((id.as_str(), step.new_revision(), until, entry))?;
            step.db
                .prepare_cached(
                    "DELETE FROM trails WHERE vcon = ?1 AND number <=
                       (SELECT number FROM trails WHERE vcon = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                )?
                .execute((id.as_str(), MAX_TRAIL_ENTRIES))?;
        }
        Ok(())
    }
}

/// The oldest first.
pub fn read(db: &Connection, vcon: &str) -> Sql<Vec<String>> {
    let mut statement =
        db.prepare_cached("SELECT entry FROM trails WHERE vcon = ?1 AND expires_ms > ?2 ORDER BY number")?;
    let entries = statement.query_map((vcon, now_ms()), |row| row.get(0))?;
    Ok(entries.collect::<Result<_, _>>()?)
}
