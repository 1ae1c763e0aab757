//! Dead letters: adding, reading, moving back, removing.

use async_trait::async_trait;
use rusqlite::Connection;

use super::letters::{bury, record_text};
use super::step::WriteStep;
use super::{SqliteStore, entries, letters};
use crate::dead_letters::check_can_go_back;
use crate::{Checkpoint, DeadLetter, DeadLetterStore, ErrorRecord, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Letters that one step moves.
const MAX_LETTERS: u32 = 1000;

#[async_trait]
impl DeadLetterStore for SqliteStore {
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError> {
        let (letters, id, record, dead_s) = (
            dead_letters.clone(),
            id.clone(),
            record.clone(),
            self.lifetimes.dead_letter_s,
        );
        let work =
            move |step: &WriteStep<'_>| bury(step, letters.as_str(), id.as_str(), &record_text(&record)?, dead_s);
        self.writer.run("dead letter", work).await
    }

    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError> {
        let list = list.dead_letters();
        let read = move |db: &Connection| {
            let ids = entries::read(db, list.as_str(), offset, count)?;
            ids.iter().map(|id| letters::read(db, list.as_str(), id)).collect()
        };
        self.readers.run("dead letters", read).await
    }

    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        check_can_go_back(list)?;
        let mut moved = 0;
        while moved < count {
            let asked = u32::try_from(count - moved).unwrap_or(MAX_LETTERS).min(MAX_LETTERS);
            let list = list.clone();
            let now = self
                .writer
                .run("reprocess", move |step| letters::move_back(step, &list, asked))
                .await?;
            moved += now as u64;
            if now < asked as usize {
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
                letters::retry(step, &list, &id, checkpoint.as_ref())
            })
            .await
    }

    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        let (list, id) = (list.dead_letters(), id.clone());
        self.writer
            .run("drop dead letter", move |step| {
                letters::take(step, list.as_str(), id.as_str())
            })
            .await
    }
}
