//! Dead letters: adding, reading, moving back, removing.
//!
//! Guarantee: the list `DLQ:<list>` holds bare ids, as in the Conserver. The records are in a key
//! of their own. A step that is sent again, because its reply was lost, moves or removes one letter
//! and not two.

use async_trait::async_trait;

use super::encode::json;
use super::errors::damaged;
use super::lists::range;
use super::{RedisStore, keys};
use crate::dead_letters::check_can_go_back;
use crate::{Checkpoint, DeadLetter, DeadLetterStore, ErrorRecord, StoreError};
use vcon_document::VconId;
use vconduit_base::names::{ListName, MAX_NAME_BYTES};

/// Letters that one step moves.
const MAX_LETTERS: u64 = 1000;

#[async_trait]
impl DeadLetterStore for RedisStore {
    async fn dead_letter(&self, dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> Result<(), StoreError> {
        let mut call = self
            .scripts
            .dead_letter
            .call(&[dead_letters.as_str(), &keys::records(dead_letters)]);
        call.arg(keys::new_step())
            .arg(id.as_str())
            .arg(json(record)?)
            .arg(self.lifetimes.dead_letter_s);
        self.connection
            .script("dead letter", &self.scripts.dead_letter, &call)
            .await
    }

    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError> {
        let Some((first, last)) = range(offset, count) else {
            return Ok(Vec::new());
        };
        let dead = list.dead_letters();
        let mut call = self.scripts.dead_letters.call(&[dead.as_str(), &keys::records(list)]);
        call.arg(first).arg(last);
        let (ids, records): (Vec<Vec<u8>>, Vec<Option<String>>) = self
            .connection
            .script("dead letters", &self.scripts.dead_letters, &call)
            .await?;
        let letter = |(id, record): (Vec<u8>, Option<String>)| {
            Ok(DeadLetter {
                vcon: shown(&id)?,
                record: record.and_then(|text| serde_json::from_str(&text).ok()),
            })
        };
        ids.into_iter().zip(records).map(letter).collect()
    }

    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        check_can_go_back(list)?;
        let dead = list.dead_letters();
        let mut moved = 0;
        while moved < count {
            let asked = (count - moved).min(MAX_LETTERS);
            let mut call =
                self.scripts
                    .reprocess
                    .call(&[dead.as_str(), list.as_str(), &keys::records(list), &keys::resume(list)]);
            call.arg(keys::new_step()).arg(asked);
            let now: u64 = self
                .connection
                .script("reprocess", &self.scripts.reprocess, &call)
                .await?;
            moved += now;
            if now < asked {
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
        let checkpoint = checkpoint.map(json).transpose()?;
        let dead = list.dead_letters();
        let script = &self.scripts.retry_dead_letter;
        let mut call = script.call(&[dead.as_str(), list.as_str(), &keys::records(list), &keys::resume(list)]);
        call.arg(keys::new_step())
            .arg(id.as_str())
            .arg(checkpoint.unwrap_or_default());
        self.connection.script("retry dead letter", script, &call).await
    }

    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        let dead = list.dead_letters();
        let script = &self.scripts.drop_dead_letter;
        let mut call = script.call(&[dead.as_str(), &keys::records(list)]);
        call.arg(keys::new_step()).arg(id.as_str());
        self.connection.script("drop dead letter", script, &call).await
    }
}

/// Returns an entry as an id that can be shown. The entry may be a dead letter because it can't be
/// an id.
fn shown(entry: &[u8]) -> Result<VconId, StoreError> {
    let text = String::from_utf8_lossy(entry);
    if let Ok(id) = VconId::new(&text) {
        return Ok(id);
    }
    if text.is_empty() {
        return VconId::new("(empty entry)").map_err(|error| damaged("dead letters", error));
    }
    let mut visible = String::new();
    for c in text.escape_debug() {
        if visible.len() + c.len_utf8() > MAX_NAME_BYTES - '…'.len_utf8() {
            visible.push('…');
            break;
        }
        visible.push(c);
    }
    VconId::new(visible).map_err(|error| damaged("dead letters", error))
}
