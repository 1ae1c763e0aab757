//! Lists of ids: push, pop, depth, entries, position, wait.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::time::{Instant, timeout_at};

use super::step::WriteStep;
use super::{SqliteStore, entries, holds};
use crate::{ListStore, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Maximum wait, for times that the clock can't hold: a year.
const MAX_WAIT: Duration = Duration::from_secs(86_400 * 365);

#[async_trait]
impl ListStore for SqliteStore {
    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError> {
        let (list, ids, context) = (list.clone(), ids.to_vec(), context.map(str::to_owned));
        let context_s = self.lifetimes.context_s;
        let push = move |step: &WriteStep<'_>| {
            ids.iter().try_for_each(|id| {
                entries::push_with_context(step, list.as_str(), id.as_str(), context.as_deref(), context_s)
            })
        };
        self.writer.run("push", push).await
    }

    async fn set_ingress(&self, lists: &[ListName]) -> Result<(), StoreError> {
        let lists = lists.to_vec();
        let new = self
            .writer
            .run("set ingress", move |step| holds::replace_ingress(step, &lists))
            .await?;
        for list in new {
            self.adopt(list).await?;
        }
        Ok(())
    }

    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        let list = list.clone();
        self.writer
            .run("pop", move |step| entries::take_tail(step, list.as_str(), count))
            .await
    }

    async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        let list = list.clone();
        self.readers
            .run("depth", move |db| entries::count(db, list.as_str()))
            .await
    }

    async fn depths(&self, lists: &[ListName]) -> Result<Vec<u64>, StoreError> {
        let lists = lists.to_vec();
        let depths = move |db: &Connection| lists.iter().map(|list| entries::count(db, list.as_str())).collect();
        self.readers.run("depths", depths).await
    }

    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let list = list.clone();
        self.readers
            .run("entries", move |db| entries::read(db, list.as_str(), offset, count))
            .await
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let (list, id) = (list.clone(), id.clone());
        let look = move |db: &Connection| {
            let Some(position) = entries::first_position(db, list.as_str(), id.as_str())? else {
                return Ok(None);
            };
            let before: i64 = db
                .prepare_cached("SELECT count(*) FROM entries WHERE list = ?1 AND position < ?2")?
                .query_row((list.as_str(), position), |row| row.get(0))?;
            Ok(Some(before.unsigned_abs()))
        };
        self.readers.run("position", look).await
    }

    async fn wait(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError> {
        let until = Instant::now()
            .checked_add(at_most)
            .unwrap_or_else(|| Instant::now() + MAX_WAIT);
        let waiting = self.waiters.of(list.as_str());
        loop {
            // Enabled before looking, so that an entry that is added right after the look still
            // wakes this waiter.
            let mut woken = std::pin::pin!(waiting.notified());
            woken.as_mut().enable();
            if self.has_entry(list).await? {
                return Ok(true);
            }
            if timeout_at(until, woken).await.is_err() {
                return Ok(false);
            }
        }
    }
}

impl SqliteStore {
    async fn has_entry(&self, list: &ListName) -> Result<bool, StoreError> {
        let list = list.clone();
        let look = move |db: &Connection| {
            Ok(db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM entries WHERE list = ?1)")?
                .query_row([list.as_str()], |row| row.get(0))?)
        };
        self.readers.run("wait", look).await
    }
}
