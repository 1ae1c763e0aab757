//! Lists of ids: push, pop, depth, entries, position, wait.
//!
//! Guarantee: lists are plain Redis lists that any program may push to and pop from. Entries of
//! other programs are returned as they are (bytes that are not UTF-8 as U+FFFD).

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::errors::{RedisFailure, refused};
use super::{RedisStore, keys};
use crate::{ListStore, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Time for which a wait tries to connect before it fails with `Unavailable`, as for other
/// commands.
const PATIENCE: Duration = Duration::from_secs(1);
/// Entries in one step of [`RedisStore::adopt`], some milliseconds of the server's time.
const MAX_ADOPTED: u64 = 500;
const PAUSE: Duration = Duration::from_millis(100);

#[async_trait]
impl ListStore for RedisStore {
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError> {
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
        self.connection.confirmed("push", &self.scripts.push, None, call).await
    }

    async fn set_ingress(&self, lists: &[ListName]) -> Result<(), StoreError> {
        let mut call = self.scripts.ingress.call(&[keys::INGRESS]);
        call.arg(lists.len());
        for list in lists {
            call.arg(list.as_str());
        }
        let new: Vec<String> = self
            .connection
            .script("set ingress", &self.scripts.ingress, &call)
            .await?;
        for list in new {
            self.adopt(&list).await?;
        }
        Ok(())
    }

    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.pop.call(&[list.as_str()]);
        call.arg(keys::new_step()).arg(count);
        let entries: Vec<Vec<u8>> = self.connection.script("pop", &self.scripts.pop, &call).await?;
        Ok(entries.iter().map(|entry| shown(entry)).collect())
    }

    async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        self.connection
            .run("depth", redis::cmd("LLEN").arg(list.as_str()))
            .await
    }

    async fn depths(&self, lists: &[ListName]) -> Result<Vec<u64>, StoreError> {
        if lists.is_empty() {
            return Ok(Vec::new());
        }
        let mut commands = redis::Pipeline::new();
        for list in lists {
            commands.cmd("LLEN").arg(list.as_str());
        }
        let depths = self.connection.run_all("depths", &commands).await?;
        // A key of another type has no entries.
        let depth = |reply| redis::from_redis_value(reply).unwrap_or_default();
        Ok(depths.into_iter().map(depth).collect())
    }

    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let Some((first, last)) = range(offset, count) else {
            return Ok(Vec::new());
        };
        let mut command = redis::cmd("LRANGE");
        command.arg(list.as_str()).arg(first).arg(last);
        let entries: Vec<Vec<u8>> = self.connection.run("entries", &command).await?;
        Ok(entries.iter().map(|entry| shown(entry)).collect())
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let mut command = redis::cmd("LPOS");
        command.arg(list.as_str()).arg(id.as_str());
        self.connection.run("position", &command).await
    }

    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError> {
        let start = Instant::now();
        let mut patience = start + PATIENCE;
        loop {
            let left = at_most.saturating_sub(start.elapsed());
            let error = match self.waits.peek(&self.connection, list, left, patience).await {
                Ok(there) => return Ok(there),
                Err(error) => error,
            };
            match RedisFailure::of(&error) {
                RedisFailure::Refusal | RedisFailure::UnknownScript => return Err(refused("wait", &error)),
                RedisFailure::Silent => return Err(self.connection.unavailable()),
                RedisFailure::Connection | RedisFailure::NotNow => {}
            }
            // The connection may have broken late in a long wait. From then on the server has its
            // time to come back.
            if start.elapsed() > PATIENCE && patience == start + PATIENCE {
                patience = Instant::now() + PATIENCE;
            }
            if Instant::now() + PAUSE >= patience {
                return Err(self.connection.unavailable());
            }
            sleep(PAUSE).await;
        }
    }
}

impl RedisStore {
    /// Protects the documents of the entries that are on a list already.
    async fn adopt(&self, list: &str) -> Result<(), StoreError> {
        let mut done = 0;
        loop {
            let mut call = self.scripts.adopt.call(&[list, keys::INGRESS]);
            call.arg(done).arg(MAX_ADOPTED);
            let examined: u64 = self.connection.script("adopt", &self.scripts.adopt, &call).await?;
            done += examined;
            if examined < MAX_ADOPTED {
                return Ok(());
            }
        }
    }
}

/// Returns the first and the last index for LRANGE. `None` for no entries.
pub(super) fn range(offset: u64, count: u64) -> Option<(i64, i64)> {
    let clamped = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
    (count > 0).then(|| (clamped(offset), clamped(offset.saturating_add(count - 1))))
}

fn shown(entry: &[u8]) -> String {
    String::from_utf8_lossy(entry).into_owned()
}
