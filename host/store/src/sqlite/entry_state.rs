//! The state of an entry while it is not on its list, and the notes that keep it when it returns.
//!
//! Guarantee: an entry that returns to its list keeps its checkpoint, its trace context and its
//! number of lost leases.

use rusqlite::{OptionalExtension, Row};

use super::errors::{SqlError, SqlResult};
use super::step::WriteStep;
use super::{entries, holds};
use crate::Checkpoint;

/// State of an entry, as the tables `claims`, `notes` and `parked` hold it.
#[derive(Debug, Clone, Default)]
pub struct EntryState {
    /// The entry.
    pub vcon: String,
    /// Number of leases that were lost on it.
    pub lost_leases: u32,
    /// Checkpoint as a JSON text.
    pub checkpoint: String,
    /// Trace context.
    pub context: Option<String>,
    /// The vCon that the run is about, when a link has switched to it.
    pub current: Option<String>,
}

impl EntryState {
    /// Reads the columns vcon, lost_leases, checkpoint, context, current.
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            vcon: row.get(0)?,
            lost_leases: row.get(1)?,
            checkpoint: row.get(2)?,
            context: row.get(3)?,
            current: row.get(4)?,
        })
    }

    /// Returns the checkpoint. The default for a checkpoint that a newer version wrote and this one
    /// can't read: the run begins anew instead of stopping.
    pub fn checkpoint(&self) -> Checkpoint {
        serde_json::from_str(&self.checkpoint).unwrap_or_default()
    }
}

/// Returns a checkpoint as a JSON text.
pub fn checkpoint_text(checkpoint: &Checkpoint) -> SqlResult<String> {
    serde_json::to_string(checkpoint).map_err(SqlError::damaged)
}

/// Notes the state of an entry that returns to its list. Two entries with the same id share one
/// note: the later checkpoint, and the higher number of lost leases.
pub fn note(step: &WriteStep<'_>, list: &str, entry: &EntryState) -> SqlResult<()> {
    let before: Option<String> = step
        .db
        .prepare_cached("SELECT current FROM notes WHERE list = ?1 AND vcon = ?2")?
        .query_row((list, &entry.vcon), |row| row.get(0))
        .optional()?
        .flatten();
    let sql =
        "INSERT INTO notes (list, vcon, lost_leases, checkpoint, context, current) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (list, vcon) DO UPDATE SET
                 lost_leases = max(lost_leases, ?3), checkpoint = ?4, context = ?5, current = ?6";
    step.db.prepare_cached(sql)?.execute((
        list,
        &entry.vcon,
        entry.lost_leases,
        &entry.checkpoint,
        &entry.context,
        &entry.current,
    ))?;
    holds::moves(step, before.as_deref(), entry.current.as_deref())
}

/// Takes the note about an entry. An entry without a note has a fresh state.
pub fn take_note(step: &WriteStep<'_>, list: &str, vcon: String) -> SqlResult<EntryState> {
    let sql = "DELETE FROM notes WHERE list = ?1 AND vcon = ?2 
               RETURNING vcon, lost_leases, checkpoint, context, current";
    let mut statement = step.db.prepare_cached(sql)?;
    let mut rows = statement.query((list, &vcon))?;
    if let Some(row) = rows.next()? {
        return Ok(EntryState::from_row(row)?);
    }
    let context = entries::take_context(step, list, &vcon)?;
    Ok(EntryState {
        vcon,
        lost_leases: 0,
        checkpoint: checkpoint_text(&Checkpoint::default())?,
        context,
        current: None,
    })
}

/// Deletes the note about an entry.
pub fn forget_note(step: &WriteStep<'_>, list: &str, vcon: &str) -> SqlResult<()> {
    let current: Option<String> = step
        .db
        .prepare_cached("DELETE FROM notes WHERE list = ?1 AND vcon = ?2 RETURNING current")?
        .query_row((list, vcon), |row| row.get(0))
        .optional()?
        .flatten();
    holds::moves(step, current.as_deref(), None)
}
