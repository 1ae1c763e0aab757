//! Events: published to all who listen at that moment, on any host.
//!
//! Guarantee: no publisher waits for a listener. A listener that is too slow, or was disconnected,
//! misses events. Nothing is stored for it. On Redis this is the PUB/SUB channel `vconduit:events`,
//! so other programs can listen too.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::StoreError;

/// Publishes events and subscribes to them.
#[async_trait]
pub trait EventBus {
    /// Publishes events (a JSON text each), in order, in one go. Not retried: after an error some
    /// or all of the events are lost, and the caller need not do anything about it.
    async fn publish(&self, events: &[String]) -> Result<(), StoreError>;

    /// Returns the number of listeners: on Redis connections (a host counts as one, with any number
    /// of listeners), on SQLite listeners in this process. With 0 no events need to be made.
    async fn listeners(&self) -> Result<u64, StoreError>;

    /// Subscribes from now on. The stream continues after an outage of the store, with the events
    /// published after it.
    async fn subscribe(&self) -> Result<BoxStream<'static, String>, StoreError>;
}

/// Events that a listener may be behind before it misses the oldest. Some 4 MB at the usual size of
/// an event, and one second of events at a few thousand vCons a second.
const MAX_BACKLOG: usize = 8_192;

/// The listeners in this process.
#[derive(Debug, Clone)]
pub(super) struct Listeners(broadcast::Sender<Arc<str>>);

impl Default for Listeners {
    fn default() -> Self {
        Self(broadcast::Sender::new(MAX_BACKLOG))
    }
}

impl Listeners {
    /// Sends an event to all listeners.
    pub fn send(&self, event: &str) {
        if self.count() > 0 {
            // The last listener may just have left. That is no error.
            let _ = self.0.send(event.into());
        }
    }

    /// Returns the number of listeners.
    pub fn count(&self) -> usize {
        self.0.receiver_count()
    }

    /// Adds a listener. Its stream ends when the last clone of this value is dropped.
    pub fn add(&self) -> BoxStream<'static, String> {
        let next = async |mut receiver: broadcast::Receiver<Arc<str>>| loop {
            match receiver.recv().await {
                Ok(event) => return Some((event.to_string(), receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        };
        futures::stream::unfold(self.0.subscribe(), next).boxed()
    }
}
