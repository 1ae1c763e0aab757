//! Publishes this host's events on the store's bus, many at a time.
//!
//! Guarantee: a queued event is tried once, in order, also at a stop. If the bus fails, only events
//! are lost.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Events, Told};
use vconduit_store::Store;
use vconduit_telemetry::metrics;

/// Events in one call of the store.
const BATCH: usize = 256;
/// Time that the first event of a batch waits for others: too short to be noticed, and fifty calls
/// a second at most.
const GATHER: Duration = Duration::from_millis(20);
/// Interval of the checks for listeners.
const LOOK: Duration = Duration::from_secs(1);
/// Time after which every host publishes to a new listener on the bus: one interval, and the time
/// of the check.
pub const HEARD_WITHIN: Duration = Duration::from_millis(1_500);

/// See the module.
pub struct Publisher {
    events: Events,
    waiting: mpsc::Receiver<Arc<Told>>,
}

impl Publisher {
    pub(super) fn new(events: Events, waiting: mpsc::Receiver<Arc<Told>>) -> Self {
        Self { events, waiting }
    }

    /// Publishes until `stop` is set and all events before it are published.
    pub fn run(self, store: Arc<dyn Store>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.publish_until(store, stop).boxed()
    }

    async fn publish_until(mut self, store: Arc<dyn Store>, stop: CancellationToken) {
        let looks = look(self.events.clone(), store.clone());
        let looks = tokio::spawn(stop.clone().run_until_cancelled_owned(looks));
        while let Some(batch) = self.next(&stop).await {
            publish(store.as_ref(), batch).await;
        }
        // Ends by itself with the same token.
        let _ = looks.await;
        self.events.set_on_bus(false);
        self.waiting.close();
        let mut rest = Vec::new();
        while self.waiting.recv_many(&mut rest, BATCH).await > 0 {
            publish(store.as_ref(), std::mem::take(&mut rest)).await;
        }
    }

    /// The next batch; nothing once `stop` is set.
    async fn next(&mut self, stop: &CancellationToken) -> Option<Vec<Arc<Told>>> {
        let mut batch = Vec::new();
        let first = self.waiting.recv_many(&mut batch, BATCH);
        if stop.run_until_cancelled(first).await? == 0 {
            return None;
        }
        let more = async {
            while batch.len() < BATCH {
                let room = BATCH - batch.len();
                if self.waiting.recv_many(&mut batch, room).await == 0 {
                    return;
                }
            }
        };
        // After the time the events so far are published.
        let _ = tokio::time::timeout(GATHER, more).await;
        Some(batch)
    }
}

async fn publish(store: &dyn Store, batch: Vec<Arc<Told>>) {
    let texts: Vec<String> = batch
        .iter()
        .filter_map(|told| serde_json::to_string(told.as_ref()).ok())
        .collect();
    if let Err(error) = store.publish(&texts).await {
        tracing::debug!(%error, events = texts.len(), "events were not published");
        metrics::events_dropped(texts.len());
    }
}

async fn look(events: Events, store: Arc<dyn Store>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match store.listeners().await {
            Ok(count) => events.set_on_bus(count > 0),
            // Unchanged: a store that is unavailable for a moment has the same listeners
            // afterwards.
            Err(error) => tracing::debug!(%error, "listeners were not counted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;
    use crate::events::Event;
    use vconduit_base::names::HostId;
    use vconduit_store::EventBus as _;
    use vconduit_store::sqlite::SqliteStore;

    const SOON: Duration = Duration::from_secs(20);

    fn started(number: usize) -> Event {
        Event::HostStarted {
            version: number.to_string(),
        }
    }

    /// The bus of an embedded store, where `listeners` counts those in the process.
    fn store() -> (tempfile::TempDir, Arc<SqliteStore>) {
        let folder = tempfile::tempdir().unwrap();
        let lifetimes = vconduit_config::Settings::from_env(&|_| None).unwrap().lifetimes;
        let store = SqliteStore::open(folder.path(), lifetimes).unwrap();
        (folder, Arc::new(store))
    }

    #[tokio::test]
    async fn what_was_told_before_a_stop_is_published_in_order() {
        let (_folder, store) = store();
        let mut heard = store.subscribe().await.unwrap();
        let (events, publisher) = Events::new(HostId::random());
        events.set_on_bus(true);
        for number in 0..1000 {
            events.publish(|| started(number));
        }
        let stop = CancellationToken::new();
        stop.cancel();
        publisher.run(store, stop).await;
        for number in 0..1000 {
            let text = heard.next().await.unwrap();
            assert_eq!(serde_json::from_str::<Told>(&text).unwrap().event, started(number));
        }
    }

    #[tokio::test]
    async fn a_listener_on_the_bus_is_noticed() {
        let (_folder, store) = store();
        let (events, publisher) = Events::new(HostId::random());
        let stop = CancellationToken::new();
        let running = tokio::spawn(publisher.run(store.clone(), stop.clone()));
        let mut heard = store.subscribe().await.unwrap();
        let telling = async {
            loop {
                events.publish(|| started(1));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let text = tokio::time::timeout(SOON, async {
            tokio::select! { text = heard.next() => text, () = telling => None }
        });
        assert!(text.await.unwrap().unwrap().contains("host.started"));
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_drops_and_does_not_wait() {
        let (events, _publisher) = Events::new(HostId::random());
        events.set_on_bus(true);
        for number in 0..crate::events::QUEUE + 10 {
            events.publish(|| started(number));
        }
        assert_eq!(events.0.queue.capacity(), 0);
    }
}
