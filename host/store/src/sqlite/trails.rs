//! Trails: what runs did with a vCon.
//!
//! Guarantee: an entry of a trail is stored in the same step as the change that it describes.

use rusqlite::Connection;

use super::errors::SqlResult;
use super::lifetimes::expiry;
use super::step::WriteStep;
use crate::claims::MAX_TRAIL_ENTRIES;
use vcon_document::VconId;
use vconduit_base::clock::now_ms_signed as now_ms;

/// An entry to add to trails.
#[derive(Debug, Clone)]
pub struct TrailNote {
    entry: Option<String>,
    lifetime_s: i64,
}

impl TrailNote {
    /// Creates an entry with the lifetime of a trail in seconds. With 0 or less trails are off, and
    /// there is nothing to add.
    pub fn new(entry: Option<&str>, lifetime_s: i64) -> Self {
        Self {
            entry: entry.filter(|_| lifetime_s > 0).map(str::to_owned),
            lifetime_s,
        }
    }

    /// Adds the entry to the trail of the claimed vCon, and of the current vCon when that is
    /// another.
    pub fn add(&self, step: &WriteStep<'_>, vcon: &VconId, current: Option<&VconId>) -> SqlResult<()> {
        let Some(entry) = &self.entry else { return Ok(()) };
        let until = expiry(step.now_ms, self.lifetime_s);
        let current = current.filter(|current| *current != vcon);
        for id in std::iter::once(vcon).chain(current) {
            // The condition leaves out entries that have expired, so that they do not come back.
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

/// Returns the trail of a vCon, the oldest entry first.
pub fn read(db: &Connection, vcon: &str) -> SqlResult<Vec<String>> {
    let mut statement =
        db.prepare_cached("SELECT entry FROM trails WHERE vcon = ?1 AND expires_ms > ?2 ORDER BY number")?;
    let entries = statement.query_map((vcon, now_ms()), |row| row.get(0))?;
    Ok(entries.collect::<Result<_, _>>()?)
}
