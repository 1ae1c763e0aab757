//! Events, for listeners on this host, and over the store's bus on any other.
//!
//! Guarantee: nothing waits for a listener. Without listeners an event costs two reads of a number.
//! If the bus is too slow, events are dropped and counted. A listener that is too slow misses some.

mod event;
mod publish;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{broadcast, mpsc};

use vconduit_base::clock::now_ms;
use vconduit_base::names::HostId;
use vconduit_telemetry::metrics;

pub use event::{Event, LinkEvent, NAMES, RunEvent, Told};
pub use publish::{HEARD_WITHIN, Publisher};

/// Events that a listener on this host may be behind. This is a second's worth at the highest rate
/// measured.
const BACKLOG: usize = 8_192;
/// Events that may wait for the bus: some 2 MB, and as much time as a Redis that hiccups needs.
const QUEUE: usize = 8_192;

/// Publishes events. Cheap to clone.
#[derive(Clone)]
pub struct Events(Arc<Shared>);

struct Shared {
    host: HostId,
    /// Listeners in this process.
    here: broadcast::Sender<Arc<Told>>,
    /// True if the bus has listeners. It is checked once a second, so a listener may miss the
    /// events of its first second.
    on_bus: AtomicBool,
    queue: mpsc::Sender<Arc<Told>>,
}

impl Events {
    /// Of this host. The publisher has to be run for the bus to hear anything.
    #[must_use]
    pub fn new(host: HostId) -> (Self, Publisher) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let events = Self(Arc::new(Shared {
            host,
            here: broadcast::Sender::new(BACKLOG),
            on_bus: AtomicBool::new(false),
            queue,
        }));
        (events.clone(), Publisher::new(events, waiting))
    }

    /// Publishes an event to all listeners. The event is made only if there are any.
    pub fn publish(&self, make: impl FnOnce() -> Event) {
        let here = self.0.here.receiver_count() > 0;
        let on_bus = self.0.on_bus.load(Ordering::Relaxed);
        if !here && !on_bus {
            return;
        }
        let told = Arc::new(Told {
            event: make(),
            at_ms: now_ms(),
            host: self.0.host.clone(),
        });
        if on_bus && self.0.queue.try_send(told.clone()).is_err() {
            metrics::events_dropped(1);
        }
        if here {
            // The last listener may just have left: that is no error.
            let _ = self.0.here.send(told);
        }
    }

    /// Listens from now on, to this host alone.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Told>> {
        self.0.here.subscribe()
    }

    /// A listener on the bus has begun. From now on this host publishes to the bus, without waiting
    /// for the next check.
    pub fn listener_on_bus(&self) {
        self.set_on_bus(true);
    }

    fn set_on_bus(&self, on_bus: bool) {
        self.0.on_bus.store(on_bus, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vcon_document::VconId;
    use vconduit_base::names::{ChainName, ListName};

    fn claimed() -> Event {
        Event::VconClaimed(RunEvent::of(
            VconId::new("v").unwrap(),
            ListName::new("in").unwrap(),
            ChainName::new("main").unwrap(),
        ))
    }

    #[test]
    fn an_event_nobody_hears_is_not_made() {
        let (events, _publisher) = Events::new(HostId::random());
        events.publish(|| panic!("it was made"));
        drop(events.listen());
        events.publish(|| panic!("it was made for one who left"));
    }

    #[test]
    fn an_event_reads_as_one_flat_object_with_its_name_first() {
        let host = HostId::new("h").unwrap();
        let told = Told {
            event: claimed(),
            at_ms: 7,
            host,
        };
        let text = serde_json::to_string(&told).unwrap();
        let wanted = r#"{"event":"vcon.claimed","vcon":"v","list":"in","chain":"main","at_ms":7,"host":"h"}"#;
        assert_eq!(text, wanted);
        assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
        let stopped = serde_json::to_string(&Event::HostStopped).unwrap();
        assert_eq!(stopped, r#"{"event":"host.stopped"}"#);
    }

    #[tokio::test]
    async fn listeners_here_hear_without_a_bus() {
        let (events, _publisher) = Events::new(HostId::random());
        let mut listener = events.listen();
        events.publish(claimed);
        assert_eq!(listener.recv().await.unwrap().event, claimed());
    }
}
