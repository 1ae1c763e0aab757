//! What happened, for whoever listens while it happens. Nobody waits for a listener: one that is too slow misses events and is told so.

use tokio::sync::broadcast;

use crate::names::{ChainName, LinkName, ListName, VconId};

/// Events that a slow listener may be behind by. A second's worth at the highest rate measured.
const BACKLOG: usize = 8_192;

/// A run ended.
#[derive(Debug, Clone)]
pub struct RunEnded {
    /// The vCon, as it was on the list.
    pub vcon: VconId,
    /// The list.
    pub list: ListName,
    /// The chain.
    pub chain: ChainName,
    /// How.
    pub ended: crate::chain::Ended,
    /// The link that stopped or failed it.
    pub link: Option<LinkName>,
}

/// Where events go.
#[derive(Clone)]
pub struct Events(broadcast::Sender<RunEnded>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Events {
    /// Tells all listeners.
    pub fn tell(&self, make: impl FnOnce() -> RunEnded) {
        if self.0.receiver_count() > 0 {
            // No listener is left: that is not an error.
            let _ = self.0.send(make());
        }
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<RunEnded> {
        self.0.subscribe()
    }
}
