//! The event bus: PUB/SUB.
//!
//! Guarantee: one connection serves all listeners of this process, and only while there are any. It
//! is read without waiting for them, so a slow listener neither fills the server's buffers nor
//! delays the others. After an outage the connection subscribes again by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Pipeline, RedisError, Value};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{RedisStore, keys};
use crate::StoreError;
use crate::events::{EventBus, Listeners};

/// Time that a new listener waits for the connection before it fails with `Unavailable`.
const PATIENCE: Duration = Duration::from_secs(1);
const CONNECT: Duration = Duration::from_millis(800);
/// Time without events after which the server is pinged and the listeners are counted.
const MAX_QUIET: Duration = Duration::from_secs(1);
/// Time that the server may take for the ping. Then the connection counts as broken.
const RESPONSE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

#[async_trait]
impl EventBus for RedisStore {
    async fn publish(&self, events: &[String]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut commands = Pipeline::with_capacity(events.len());
        for event in events {
            commands.cmd("PUBLISH").arg(keys::EVENTS).arg(event);
        }
        self.connection.once(&commands).await
    }

    async fn listeners(&self) -> Result<u64, StoreError> {
        let mut command = redis::cmd("PUBSUB");
        command.arg("NUMSUB").arg(keys::EVENTS);
        let (_channel, count): (String, u64) = self.connection.run("listeners", &command).await?;
        Ok(count)
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, String>, StoreError> {
        let (stream, mut connected) = self.subscription.add();
        match timeout(PATIENCE, connected.wait_for(|connected| *connected)).await {
            Ok(Ok(_)) => Ok(stream),
            _ => Err(self.connection.unavailable()),
        }
    }
}

/// The subscription of this process, shared by its listeners.
pub struct Subscription(Arc<EventReader>);

struct EventReader {
    client: Client,
    listeners: Listeners,
    /// Connected state of the task that passes events on. `None` when there is no such task.
    task: Mutex<Option<watch::Receiver<bool>>>,
}

impl Subscription {
    /// Creates the subscription. Does not connect yet.
    pub fn new(client: Client) -> Self {
        Self(Arc::new(EventReader {
            client,
            listeners: Listeners::default(),
            task: Mutex::default(),
        }))
    }

    fn add(&self) -> (BoxStream<'static, String>, watch::Receiver<bool>) {
        let mut task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, because a task that sees no listeners ends under it too.
        let stream = self.0.listeners.add();
        // A task that ended with its runtime has closed the channel.
        if let Some(running) = task.as_ref().filter(|running| running.has_changed().is_ok()) {
            return (stream, running.clone());
        }
        let (connected, running) = watch::channel(false);
        tokio::spawn(self.0.clone().run(connected));
        *task = Some(running.clone());
        (stream, running)
    }
}

impl EventReader {
    async fn run(self: Arc<Self>, connected: watch::Sender<bool>) {
        while !self.ends_unused() {
            match self.connect().await {
                Ok((sink, stream)) => {
                    connected.send_replace(true);
                    self.pass_on(sink, stream).await;
                    connected.send_replace(false);
                }
                Err(error) => {
                    tracing::debug!(%error, "the event channel is unavailable; retrying");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn ends_unused(&self) -> bool {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = self.listeners.count() == 0;
        if unused {
            *task = None;
        }
        unused
    }

    async fn connect(&self) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let connect = async {
            let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(keys::EVENTS).await?;
            Ok((sink, stream))
        };
        let late = |_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        timeout(CONNECT, connect).await.unwrap_or_else(late)
    }

    /// Passes events on until the connection breaks, or there are no listeners.
    async fn pass_on(&self, mut sink: PubSubSink, mut stream: PubSubStream) {
        while self.listeners.count() > 0 {
            match timeout(MAX_QUIET, stream.next()).await {
                Ok(Some(message)) => {
                    // A message of another program that is not text is skipped.
                    if let Ok(event) = message.get_payload::<String>() {
                        self.listeners.send(&event);
                    }
                }
                Ok(None) => return,
                Err(_) => {
                    let there = timeout(RESPONSE, sink.ping::<Value>()).await;
                    if !matches!(there, Ok(Ok(_))) {
                        return;
                    }
                }
            }
        }
    }
}
