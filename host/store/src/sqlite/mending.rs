//! Mending single entries.
//!
//! Guarantee: each is one step of the writer.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use super::claims::{Standing, note, text_of};
use super::endings::give_back;
use super::errors::{Fault, Sql};
use super::writer::Step;
use super::{SqliteStore, lists, trails};
use crate::mending::{Mending, can_go_back};
use crate::{Checkpoint, Guarded, StoreError};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

fn first_place(db: &Connection, list: &str, id: &str) -> Sql<Option<i64>> {
    let sql = "SELECT min(position) FROM entries WHERE list = ?1 AND id = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row((list, id), |row| row.get(0))
        .optional()?
        .flatten())
}

/// Takes the oldest letter with this id off its list. The record goes with the last letter that it stands for.
fn take_letter(step: &Step<'_>, letters: &str, id: &str) -> Sql<bool> {
    let Some(position) = first_place(step.db, letters, id)? else {
        return Ok(false);
    };
    step.db
        .prepare_cached("DELETE FROM entries WHERE list = ?1 AND position = ?2")?
        .execute((letters, position))?;
    if first_place(step.db, letters, id)?.is_none() {
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
impl Mending for SqliteStore {
    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        can_go_back(list)?;
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

    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError> {
        let (list, claim) = (list.clone(), claim.clone());
        let ended = self
            .writer
            .run("requeue claim", move |step| give_back(step, &list, &claim))
            .await?;
        Ok(matches!(ended, Guarded::Done(_)))
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let (list, id) = (list.clone(), id.clone());
        let look = move |db: &Connection| {
            let Some(position) = first_place(db, list.as_str(), id.as_str())? else {
                return Ok(None);
            };
            let before: i64 = db
                .prepare_cached("SELECT count(*) FROM entries WHERE list = ?1 AND position < ?2")?
                .query_row((list.as_str(), position), |row| row.get(0))?;
            Ok(Some(before.unsigned_abs()))
        };
        self.readers.run("position", look).await
    }

    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError> {
        let id = id.clone();
        self.readers.run("trail", move |db| trails::read(db, id.as_str())).await
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let list = list.clone();
        let read = move |db: &Connection| {
            let mut statement =
                db.prepare_cached("SELECT DISTINCT current FROM parked WHERE list = ?1 ORDER BY current")?;
            let ids = statement.query_map([list.as_str()], |row| row.get::<_, String>(0))?;
            ids.map(|id| VconId::new(id?).map_err(Fault::damaged)).collect()
        };
        self.readers.run("parked", read).await
    }
}
