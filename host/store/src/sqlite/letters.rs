//! Dead letters: the statements that add, move and remove them.
//!
//! Guarantee: a dead letter is an entry of the list `DLQ:<list>`, in the order of the failures. Its
//! record is in a table of its own.

use rusqlite::{Connection, OptionalExtension};

use super::entries;
use super::entry_state::{EntryState, checkpoint_text, forget_note, note};
use super::errors::{SqlError, SqlResult};
use super::lifetimes::keep_dead;
use super::step::WriteStep;
use crate::{Checkpoint, DeadLetter, ErrorRecord};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Returns a record as a JSON text.
pub fn record_text(record: &ErrorRecord) -> SqlResult<String> {
    serde_json::to_string(record).map_err(SqlError::damaged)
}

/// Adds a dead letter, and gives its document the dead-letter lifetime in seconds.
pub fn bury(step: &WriteStep<'_>, letters: &str, vcon: &str, record: &str, dead_s: i64) -> SqlResult<()> {
    entries::push(step, letters, vcon)?;
    let sql = "INSERT INTO records (list, vcon, record) VALUES (?1, ?2, ?3) ON CONFLICT (list, vcon) DO UPDATE SET record = ?3";
    step.db.prepare_cached(sql)?.execute((letters, vcon, record))?;
    keep_dead(step, vcon, dead_s)
}

/// Returns true when this id is a dead letter with a record. Searches the list only for an id that
/// has a record.
pub fn is_dead(step: &WriteStep<'_>, letters: &str, vcon: &str) -> SqlResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM records WHERE list = ?1 AND vcon = ?2)
               AND EXISTS (SELECT 1 FROM entries WHERE list = ?1 AND id = ?2)";
    Ok(step
        .db
        .prepare_cached(sql)?
        .query_row((letters, vcon), |row| row.get(0))?)
}

/// Reads a dead letter with its record.
pub fn read(db: &Connection, letters: &str, vcon: &str) -> SqlResult<DeadLetter> {
    let sql = "SELECT record FROM records WHERE list = ?1 AND vcon = ?2";
    let text: Option<String> = db
        .prepare_cached(sql)?
        .query_row((letters, vcon), |row| row.get(0))
        .optional()?;
    let record = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(DeadLetter {
        vcon: VconId::new(vcon).map_err(SqlError::damaged)?,
        record,
    })
}

/// Moves up to `count` dead letters back to the tail of their list. Returns the number of moves.
pub fn move_back(step: &WriteStep<'_>, list: &ListName, count: u32) -> SqlResult<usize> {
    let letters = list.dead_letters();
    let ids = entries::take_head(step, letters.as_str(), count)?;
    for id in &ids {
        entries::push(step, list.as_str(), id)?;
        forget_record(step, letters.as_str(), id)?;
        forget_note(step, list.as_str(), id)?;
    }
    Ok(ids.len())
}

/// Takes the oldest letter with this id off its list. The record goes with the last letter with
/// this id. Returns false when there is no such letter.
pub fn take(step: &WriteStep<'_>, letters: &str, id: &str) -> SqlResult<bool> {
    let Some(position) = entries::first_position(step.db, letters, id)? else {
        return Ok(false);
    };
    step.db
        .prepare_cached("DELETE FROM entries WHERE list = ?1 AND position = ?2")?
        .execute((letters, position))?;
    if entries::first_position(step.db, letters, id)?.is_none() {
        forget_record(step, letters, id)?;
    }
    Ok(true)
}

/// Moves one dead letter back to the tail of its list, with a checkpoint or for a run that begins
/// anew. Returns false when there is no such letter.
pub fn retry(step: &WriteStep<'_>, list: &ListName, id: &VconId, checkpoint: Option<&Checkpoint>) -> SqlResult<bool> {
    if !take(step, list.dead_letters().as_str(), id.as_str())? {
        return Ok(false);
    }
    entries::push(step, list.as_str(), id.as_str())?;
    // No part of an older note may stay: a new note is merged with it.
    forget_note(step, list.as_str(), id.as_str())?;
    if let Some(checkpoint) = checkpoint {
        let state = EntryState {
            vcon: id.as_str().to_owned(),
            checkpoint: checkpoint_text(checkpoint)?,
            ..EntryState::default()
        };
        note(step, list.as_str(), &state)?;
    }
    Ok(true)
}

fn forget_record(step: &WriteStep<'_>, letters: &str, vcon: &str) -> SqlResult<()> {
    step.db
        .prepare_cached("DELETE FROM records WHERE list = ?1 AND vcon = ?2")?
        .execute((letters, vcon))?;
    Ok(())
}
