//! A connection for commands that do not block. All tasks share it, and it is replaced when it
//! breaks. There is one for short commands and one for large commands, so that large ones do not
//! delay short ones.
//!
//! Guarantee: while the server is unavailable, a command is tried for the time of its [`Pace`] and
//! then fails with `Unavailable`. The next command tries again, so nothing has to be restarted when
//! the server is back. A command whose reply was lost with the connection is sent again: every step
//! can be repeated, and pushes once (`lua/lib/once.lua`, the claim).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, Value,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::errors::{RedisFailure, refused};
use super::request::{Request, understood};
use super::scripts::Script;
use crate::StoreError;
use vconduit_base::redis::ReplicaWait;

/// Time that commands of a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Time that a command waits for an unavailable server before it fails with `Unavailable`.
    patience: Duration,
    /// Time that the server may take to respond. Then it counts as hung.
    response: Duration,
}

impl Pace {
    /// Short commands. Long enough for a restart of a local Redis, and short enough for a REST
    /// client that waits for its response. No command of the store keeps Redis busy for anywhere
    /// near the response time.
    pub const SHORT: Self = Self {
        patience: Duration::from_secs(1),
        response: Duration::from_secs(5),
    };
    /// Parts of components, some hundred KB each. A slow network needs time, and an upload of
    /// minutes should not have to begin anew.
    pub const LARGE: Self = Self {
        patience: Duration::from_secs(5),
        response: Duration::from_secs(30),
    };
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const MAX_PAUSE: Duration = Duration::from_millis(200);
const CONNECT: Duration = Duration::from_millis(800);

/// A server and the shared connection to it.
pub struct Connection {
    client: Client,
    /// Host and port, for people. Without user name and password.
    address: String,
    pace: Pace,
    /// Replicas that have to confirm what is acknowledged.
    wait: Option<ReplicaWait>,
    live: ArcSwapOption<MultiplexedConnection>,
    connecting: Mutex<()>,
}

impl Connection {
    /// Reads the URL. Does not connect yet.
    pub fn new(url: &str, pace: Pace) -> Result<Self, StoreError> {
        // The error of the parser is dropped: it may quote the URL, which may hold a password.
        let bad = || StoreError::Refused {
            operation: "connect",
            reason: "REDIS_URL is not understood; it looks like redis://[user:password@]host[:port][/db]".to_owned(),
        };
        let info = url.into_connection_info().map_err(|_| bad())?;
        let address = address(info.addr());
        let client = Client::open(info).map_err(|_| bad())?;
        Ok(Self {
            client,
            address,
            pace,
            wait: None,
            live: ArcSwapOption::empty(),
            connecting: Mutex::new(()),
        })
    }

    /// Sets the replicas that have to confirm the steps of [`Self::confirmed`].
    pub fn confirmed_by(self, wait: Option<ReplicaWait>) -> Self {
        Self { wait, ..self }
    }

    /// Returns host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the client, for connections of other kinds to the same server.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Returns the number of the logical database.
    pub fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Returns the error for a server that can't be reached.
    pub fn unavailable(&self) -> StoreError {
        StoreError::Unavailable(self.address.clone())
    }

    /// Runs a command.
    pub async fn run<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Result<T, StoreError> {
        let reply = self.patiently(operation, Request::Command(command)).await?;
        understood(operation, reply)
    }

    /// Runs commands in one go, not as a transaction. The reply of each may be an error.
    pub async fn run_all(&self, operation: &'static str, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let reply = self.patiently(operation, Request::Commands(commands)).await?;
        understood(operation, reply)
    }

    /// Runs a call made with [`Script::call`].
    pub async fn script<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: &Script,
        call: &Cmd,
    ) -> Result<T, StoreError> {
        let reply = self.patiently(operation, Request::Script(script, call)).await?;
        understood(operation, reply)
    }

    /// Runs a command and then a script, in one round trip.
    pub async fn staged_script<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: &Script,
        stage: Option<Cmd>,
        call: Cmd,
    ) -> Result<T, StoreError> {
        let Some(stage) = stage else {
            return self.script(operation, script, &call).await;
        };
        let mut both = Pipeline::with_capacity(2);
        both.add_command(stage).add_command(call);
        let reply = self.patiently(operation, Request::Staged(script, &both)).await?;
        understood(operation, reply)
    }

    /// Runs a command (if given) and then a script whose result is acknowledged to others, in one
    /// round trip. With replicas to wait for, it returns only after they have confirmed it. If they
    /// do not, the step is done and may be lost in a failover: the error is `Unavailable`, and the
    /// step can be repeated.
    pub async fn confirmed<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: &Script,
        stage: Option<Cmd>,
        call: Cmd,
    ) -> Result<T, StoreError> {
        let Some(wait) = self.wait else {
            return self.staged_script(operation, script, stage, call).await;
        };
        let mut all = Pipeline::with_capacity(3);
        if let Some(stage) = stage {
            all.add_command(stage);
        }
        all.add_command(call);
        let at_most = u64::try_from(wait.at_most.as_millis()).unwrap_or(u64::MAX);
        all.cmd("WAIT").arg(wait.replicas).arg(at_most);
        let reply = self.patiently(operation, Request::Confirmed(script, &all)).await?;
        let (result, confirmed): (Value, u32) = understood(operation, reply)?;
        if confirmed < wait.replicas {
            let address = &self.address;
            return Err(StoreError::Unavailable(format!(
                "{address}: {confirmed} of {} replicas have confirmed {operation} within {at_most} ms",
                wait.replicas
            )));
        }
        understood(operation, result)
    }

    /// Runs commands in one go, without a retry.
    pub async fn once(&self, commands: &Pipeline) -> Result<(), StoreError> {
        let live = self.connected(Instant::now() + self.pace.patience).await;
        let live = live.map_err(|_| self.unavailable())?;
        match Request::Commands(commands).send((*live).clone()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.drop_if_broken(&live, &error);
                Err(self.unavailable())
            }
        }
    }

    /// Opens a connection for commands that block. It has no response timeout: the caller sets one.
    pub async fn blocking(&self, until: Instant) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        timeout_at(until, self.client.get_multiplexed_async_connection_with_config(&config))
            .await
            .unwrap_or_else(|_| Err(too_late()))
    }

    async fn patiently(&self, operation: &'static str, request: Request<'_>) -> Result<Value, StoreError> {
        let patience = Instant::now() + self.pace.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.connected(patience).await {
                Ok(live) => match request.send((*live).clone()).await {
                    Ok(reply) => return Ok(reply),
                    Err(error) => {
                        self.drop_if_broken(&live, &error);
                        error
                    }
                },
                Err(error) => error,
            };
            match RedisFailure::of(&error) {
                RedisFailure::Refusal => return Err(refused(operation, &error)),
                RedisFailure::Silent => return Err(self.unavailable()),
                RedisFailure::UnknownScript => {
                    let (Request::Script(script, _) | Request::Staged(script, _) | Request::Confirmed(script, _)) =
                        request
                    else {
                        return Err(refused(operation, &error));
                    };
                    Box::pin(self.patiently("load script", Request::Command(&script.load()))).await?;
                }
                RedisFailure::Connection | RedisFailure::NotNow => {
                    if Instant::now() + pause >= patience {
                        tracing::debug!(operation, address = %self.address, %error, "the working store is unavailable");
                        return Err(self.unavailable());
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(MAX_PAUSE);
                }
            }
        }
    }

    /// Returns the live connection, or a new one. One task connects, and the others wait for it.
    async fn connected(&self, until: Instant) -> Result<Arc<MultiplexedConnection>, RedisError> {
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        let Ok(_guard) = timeout_at(until, self.connecting.lock()).await else {
            return Err(too_late());
        };
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(self.pace.response))
            // Many tasks share the connection. Their commands queue and go out in few writes.
            .set_pipeline_buffer_size(1024)
            .set_write_backpressure_boundary(128 * 1024);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let live = Arc::new(
            timeout_at(until, connecting)
                .await
                .unwrap_or_else(|_| Err(too_late()))?,
        );
        self.live.store(Some(live.clone()));
        Ok(live)
    }

    /// Drops the connection that failed. By now there may be a new one, which stays.
    fn drop_if_broken(&self, failed: &Arc<MultiplexedConnection>, error: &RedisError) {
        if matches!(RedisFailure::of(error), RedisFailure::Connection | RedisFailure::Silent) {
            self.live.compare_and_swap(failed, None);
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn too_late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::NotConnected).into()
}

fn address(address: &ConnectionAddr) -> String {
    match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => format!("{host}:{port}"),
        ConnectionAddr::Unix(path) => path.display().to_string(),
        _ => "the address in REDIS_URL".to_owned(),
    }
}
