//! Waiting for an entry on a list, on connections of their own.
//!
//! Guarantee: nothing is moved, and no other command is delayed by the blocking command. A wait
//! that is given up closes its connection, so no command stays behind on the server.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value};
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use vconduit_base::names::ListName;

/// Time that the server may take to respond after the wait has ended. Then it counts as hung.
const GRACE: Duration = Duration::from_secs(2);

/// Connections for blocking commands. One that has waited to its end is kept for the next wait.
#[derive(Default)]
pub struct Waits {
    idle: Mutex<Vec<MultiplexedConnection>>,
}

impl Waits {
    /// Waits until the list has an entry, for at most this time. Connects until `patience`.
    pub async fn peek(
        &self,
        server: &Connection,
        list: &ListName,
        at_most: Duration,
        patience: Instant,
    ) -> Result<bool, RedisError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => server.blocking(patience).await?,
        };
        let command = move_to_same_place(list, at_most);
        let reply: Result<Value, RedisError> = timeout(at_most + GRACE, command.query_async(&mut connection))
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
        let reply = reply?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(reply != Value::Nil)
    }
}

/// Returns the command that moves an entry from the head to the head of the same list. The list
/// does not change.
fn move_to_same_place(list: &ListName, at_most: Duration) -> redis::Cmd {
    let mut command = redis::cmd("BLMOVE");
    // To Redis 0 means without end.
    let seconds = at_most.as_secs_f64().max(0.001);
    command
        .arg(list.as_str())
        .arg(list.as_str())
        .arg("LEFT")
        .arg("LEFT")
        .arg(format!("{seconds:.3}"));
    command
}
