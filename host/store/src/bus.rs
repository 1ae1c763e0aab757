//! The bus: what happens, told to whoever listens while it happens, on any host.
//!
//! Guarantee: nobody waits for a listener. One that is too slow, or was away, misses events; nothing is kept for it.
//! On Redis this is the PUB/SUB channel `vconduit:events`, so other programs can listen too.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::StoreError;

/// See the module.
#[async_trait]
pub trait Bus {
    /// Tells these events (a JSON text each), in order, in one go. Tried once: an error means that some or all of them are lost, and
    /// nothing has to be done about it.
    async fn publish(&self, events: &[String]) -> Result<(), StoreError>;

    /// How many listen: on Redis connections (a host with any number of listeners is one), in one process listeners. With 0,
    /// nobody has to make events.
    async fn listeners(&self) -> Result<u64, StoreError>;

    /// Listens from now on. The stream goes on over an outage of the store, with what is told after it.
    async fn subscribe(&self) -> Result<BoxStream<'static, String>, StoreError>;
}

/// Events that a listener may be behind by before it misses the oldest. Some 4 MB with events of the usual size, a
/// second's worth at a few thousand vCons a second.
const BACKLOG: usize = 8_192;

/// The listeners inside of this process.
#[derive(Debug, Clone)]
pub(super) struct Listeners(broadcast::Sender<Arc<str>>);

impl Default for Listeners {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Listeners {
    /// Tells all of them.
    pub fn tell(&self, event: &str) {
        if self.count() > 0 {
            // The last one may just have left: that is no error.
            let _ = self.0.send(event.into());
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.receiver_count()
    }

    /// One more. Its stream ends with the last `Listeners` of this kind.
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
