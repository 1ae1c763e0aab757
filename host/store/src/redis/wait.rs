//! Waiting for an entry on a list.
//!
//! Guarantee: nothing is moved, and nothing else waits meanwhile: the blocking command runs on a connection of its
//! own. A wait that is given up closes its connection, so no command stays behind on the server.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value};
use tokio::time::{Instant, sleep, timeout};

use super::RedisStore;
use super::errors::{Fault, refused};
use crate::StoreError;
use vconduit_base::names::ListName;

/// How long after the time asked for the server may answer before it counts as hung.
const GRACE: Duration = Duration::from_secs(2);
/// As for other commands: how long a wait tries to connect before it says `Away`.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

impl RedisStore {
    pub(super) async fn wait_for_entry(&self, list: &ListName, at_most: Duration) -> Result<bool, StoreError> {
        let start = Instant::now();
        let mut patience = start + PATIENCE;
        loop {
            let left = at_most.saturating_sub(start.elapsed());
            let error = match self.peek(list, left, patience).await {
                Ok(there) => return Ok(there),
                Err(error) => error,
            };
            match Fault::of(&error) {
                Fault::Refusal | Fault::UnknownScript => return Err(refused("wait", &error)),
                Fault::Silent => return Err(self.connection.away()),
                Fault::Connection | Fault::NotNow => {}
            }
            // The connection may have broken late in a long wait; the server gets its time to come back from then on.
            if start.elapsed() > PATIENCE && patience == start + PATIENCE {
                patience = Instant::now() + PATIENCE;
            }
            if Instant::now() + PAUSE >= patience {
                return Err(self.connection.away());
            }
            sleep(PAUSE).await;
        }
    }

    /// From the head to the head of the same list: the list stays as it is.
    async fn peek(&self, list: &ListName, at_most: Duration, patience: Instant) -> Result<bool, RedisError> {
        let mut connection = match self.rested() {
            Some(connection) => connection,
            None => self.connection.blocking(patience).await?,
        };
        let mut command = redis::cmd("BLMOVE");
        // To Redis 0 means for ever.
        let seconds = at_most.as_secs_f64().max(0.001);
        command
            .arg(list.as_str())
            .arg(list.as_str())
            .arg("LEFT")
            .arg("LEFT")
            .arg(format!("{seconds:.3}"));
        let answer = timeout(at_most + GRACE, ask(&mut connection, &command)).await;
        let answer = answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))?;
        self.rest(connection);
        Ok(answer != Value::Nil)
    }
}

async fn ask(connection: &mut MultiplexedConnection, command: &redis::Cmd) -> Result<Value, RedisError> {
    command.query_async(connection).await
}
