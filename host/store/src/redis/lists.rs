//! Lists of ids: push, pop, depth, entries.
//!
//! Guarantee: lists stay plain Redis lists that anyone may push to and pop from; what others put there is shown as
//! it is (bytes that are not UTF-8 as U+FFFD).

use super::{RedisStore, keys};
use crate::StoreError;
use vcon_document::VconId;
use vconduit_base::names::ListName;

impl RedisStore {
    pub(super) async fn push_ids(
        &self,
        list: &ListName,
        ids: &[VconId],
        context: Option<&str>,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut call = self.scripts.push.call(&[list.as_str()]);
        call.arg(keys::new_step())
            .arg(context.unwrap_or_default())
            .arg(self.lifetimes.context_s)
            .arg(ids.len());
        for id in ids {
            call.arg(id.as_str());
        }
        self.connection.script("push", &self.scripts.push, &call).await
    }

    pub(super) async fn pop_entries(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("RPOP");
        command.arg(list.as_str()).arg(count);
        let entries: Option<Vec<Vec<u8>>> = self.connection.run("pop", &command).await?;
        Ok(entries.unwrap_or_default().iter().map(|entry| shown(entry)).collect())
    }

    pub(super) async fn list_depth(&self, list: &ListName) -> Result<u64, StoreError> {
        self.connection
            .run("depth", redis::cmd("LLEN").arg(list.as_str()))
            .await
    }

    pub(super) async fn list_entries(
        &self,
        list: &ListName,
        offset: u64,
        count: u64,
    ) -> Result<Vec<String>, StoreError> {
        let Some((first, last)) = range(offset, count) else {
            return Ok(Vec::new());
        };
        let mut command = redis::cmd("LRANGE");
        command.arg(list.as_str()).arg(first).arg(last);
        let entries: Vec<Vec<u8>> = self.connection.run("entries", &command).await?;
        Ok(entries.iter().map(|entry| shown(entry)).collect())
    }
}

/// First and last index for LRANGE; nothing for nothing.
pub(super) fn range(offset: u64, count: u64) -> Option<(i64, i64)> {
    let clamped = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
    (count > 0).then(|| (clamped(offset), clamped(offset.saturating_add(count - 1))))
}

fn shown(entry: &[u8]) -> String {
    String::from_utf8_lossy(entry).into_owned()
}
