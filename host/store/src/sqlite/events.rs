//! The event bus, in this process. The file belongs to one process, so there are no other
//! listeners.

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::SqliteStore;
use crate::{EventBus, StoreError};

#[async_trait]
impl EventBus for SqliteStore {
    async fn publish(&self, events: &[String]) -> Result<(), StoreError> {
        for event in events {
            self.listeners.send(event);
        }
        Ok(())
    }

    async fn listeners(&self) -> Result<u64, StoreError> {
        Ok(self.listeners.count() as u64)
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, String>, StoreError> {
        Ok(self.listeners.add())
    }
}
