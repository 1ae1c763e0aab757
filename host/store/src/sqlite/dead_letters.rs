//! Dead letters: adding, reading, moving back.
//!
//! Guarantee: a dead letter is an entry of the list `DLQ:<list>`, in the order in which it died, with its record
//! beside it.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use super::claims::{Standing, note, text_of};
use super::errors::{Fault, Sql};
use super::writer::Step;
use super::{SqliteStore, documents, lists};
use crate::dead_letters::check_can_go_back;
use crate::{Checkpoint, DeadLetter, DeadLetterStore, ErrorRecord, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Letters moved in one step.
const MOST: u32 = 1000;

/// A record as text.
pub fn record_text(record: &ErrorRecord) -> Sql<String> {
    serde_json::to_string(record).map_err(Fault::damaged)
}

/// Adds a dead letter; its document gets the dead-letter lifetime.
pub fn bury(step: &Step<'_>, letters: &str, vcon: &str, record: &str, dead_s: i64) -> Sql<()> {
    lists::push(step, letters, vcon)?;
    let sql = "INSERT INTO records (list, vcon, record) VALUES (?1, ?2, ?3) ON CONFLICT (list, vcon) DO UPDATE SET record = ?3";
    step.db.prepare_cached(sql)?.execute((letters, vcon, record))?;
    documents::keep_dead(step, vcon, dead_s)
}

/// Whether this id is a dead letter of ours. The list is only searched for an id that has a record.
pub fn is_dead(step: &Step<'_>, letters: &str, vcon: &str) -> Sql<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM records WHERE list = ?1 AND vcon = ?2)
               AND EXISTS (SELECT 1 FROM entries WHERE list = ?1 AND id = ?2)";
    Ok(step
        .db
        .prepare_cached(sql)?
        .query_row((letters, vcon), |row| row.get(0))?)
}

fn letter(db: &Connection, letters: &str, vcon: &str) -> Sql<DeadLetter> {
    let sql = "SELECT record FROM records WHERE list = ?1 AND vcon = ?2";
    let text: Option<String> = db
        .prepare_cached(sql)?
        .query_row((letters, vcon), |row| row.get(0))
        .optional()?;
    let record = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(DeadLetter {
        vcon: VconId::new(vcon).map_err(Fault::damaged)?,
        record,
    })
}

fn move_back(step: &Step<'_>, list: &ListName, most: u32) -> Sql<usize> {
    let letters = list.dead_letters();
    let ids = lists::take_head(step, letters.as_str(), most)?;
    for id in &ids {
        lists::push(step, list.as_str(), id)?;
        step.db
            .prepare_cached("DELETE FROM records WHERE list = ?1 AND vcon = ?2")?
            .execute((letters.as_str(), id))?;
        step.db
            .prepare_cached("DELETE FROM notes WHERE list = ?1 AND vcon = ?2")?
            .execute((list.as_str(), id))?;
    }
    Ok(ids.len())
}

/// Takes the oldest letter with this id off its list. The record goes with the last letter that it stands for.
fn take_letter(step: &Step<'_>, letters: &str, id: &str) -> Sql<bool> {
    let Some(position) = lists::first_position(step.db, letters, id)? else {
        return Ok(false);
    };
    step.db
        .prepare_cached("DELETE FROM entries WHERE list = ?1 AND position = ?2")?
        .execute((letters, position))?;
    if lists::first_position(step.db, letters, id)?.is_none() {
        step.db
            .prepare_cached("DELETE FROM records WHERE list = ?1 AND vcon = ?2")?
            .execute((letters, id))?;
    }
    Ok(true)
}

fn retry(step: &Step<'_>, list: &ListName, id: &VconId, checkpoint: Option<&Checkpoint>) -> Sql<bool> {
    if !take_letter(step, list.dead_letters().as_str(), id.as_str())? {
        return Ok(false);
    }
    lists::push(step, list.as_str(), id.as_str())?;
    // Not even a part of an older note is to be left.
    step.db
        .prepare_cached("DELETE FROM notes WHERE list = ?1 AND vcon = ?2")?
        .execute((list.as_str(), id.as_str()))?;
    if let Some(checkpoint) = checkpoint {
        let standing = Standing {
            vcon: id.as_str().to_owned(),
            checkpoint: text_of(checkpoint)?,
            ..Standing::default()
        };
        note(step, list.as_str(), &standing)?;
    }
    Ok(true)
}

#[async_trait]
impl DeadLetterStore for SqliteStore {
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError> {
        let (letters, id, record, dead_s) = (
            dead_letters.clone(),
            id.clone(),
            record.clone(),
            self.lifetimes.dead_letter_s,
        );
        let work = move |step: &Step<'_>| bury(step, letters.as_str(), id.as_str(), &record_text(&record)?, dead_s);
        self.writer.run("dead letter", work).await
    }

    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError> {
        let letters = list.dead_letters();
        let read = move |db: &Connection| {
            let ids = lists::entries(db, letters.as_str(), offset, count)?;
            ids.iter().map(|id| letter(db, letters.as_str(), id)).collect()
        };
        self.readers.run("dead letters", read).await
    }

    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        let mut moved = 0;
        while moved < count {
            let most = u32::try_from(count - moved).unwrap_or(MOST).min(MOST);
            let list = list.clone();
            let now = self
                .writer
                .run("reprocess", move |step| move_back(step, &list, most))
                .await?;
            moved += now as u64;
            if now < most as usize {
                break;
            }
        }
        Ok(moved)
    }

    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        check_can_go_back(list)?;
        let (list, id, checkpoint) = (list.clone(), id.clone(), checkpoint.cloned());
        self.writer
            .run("retry dead letter", move |step| {
                retry(step, &list, &id, checkpoint.as_ref())
            })
            .await
    }

    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        let (letters, id) = (list.dead_letters(), id.clone());
        self.writer
            .run("drop dead letter", move |step| {
                take_letter(step, letters.as_str(), id.as_str())
            })
            .await
    }
}
