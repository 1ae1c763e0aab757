//! A connection for commands that do not block: shared by all tasks, made anew when it breaks. There is one for short commands, and
//! one for large ones, so that these do not stand in the way of those.
//!
//! Guarantee: a command is tried for as long as its [`Pace`] says while the server is away, then answers `Away`; the next one
//! tries again, so nothing has to be restarted when the server is back. A command whose answer was lost with the
//! connection is sent again: every step of this adapter can be repeated, and pushes once (`lua/lib/once.lua`, the claim).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, Value,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::errors::{Fault, damaged, refused};
use super::scripts::Script;
use crate::StoreError;

/// How long commands of a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a command waits for the server to come (back) before it says `Away`.
    patience: Duration,
    /// A server that is silent for longer hangs.
    response: Duration,
}

impl Pace {
    /// Short commands. Patience enough for a restart of a local Redis, little enough for a REST client that waits for its
    /// answer; and no command of ours keeps Redis busy for anything like the longest response.
    pub const SHORT: Self = Self {
        patience: Duration::from_secs(1),
        response: Duration::from_secs(5),
    };
    /// Parts of components, some hundred KB each: a slow network may need its time, and an upload of minutes is worth
    /// more patience than to be begun anew.
    pub const LARGE: Self = Self {
        patience: Duration::from_secs(5),
        response: Duration::from_secs(30),
    };
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
const CONNECT: Duration = Duration::from_millis(800);

/// A server, and the shared connection to it.
pub struct Connection {
    client: Client,
    /// Host and port; for people, so without user name and password.
    address: String,
    pace: Pace,
    live: ArcSwapOption<MultiplexedConnection>,
    connecting: Mutex<()>,
}

impl Connection {
    /// Reads the URL. Does not connect yet.
    pub fn new(url: &str, pace: Pace) -> Result<Self, StoreError> {
        // The error of the parser is not passed on: it may quote the URL, which may hold a password.
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
            live: ArcSwapOption::empty(),
            connecting: Mutex::new(()),
        })
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// For connections of other kinds to the same server.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The number of the logical database.
    pub fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// The error for a server that cannot be reached.
    pub fn away(&self) -> StoreError {
        StoreError::Away(self.address.clone())
    }

    /// Runs a command.
    pub async fn run<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Result<T, StoreError> {
        let answer = self.patiently(operation, Request::Command(command)).await?;
        understood(operation, answer)
    }

    /// Runs commands in one go, not as a transaction; the answer of each may be an error.
    pub async fn run_all(&self, operation: &'static str, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let answer = self.patiently(operation, Request::Commands(commands)).await?;
        understood(operation, answer)
    }

    /// Runs a command made by [`Script::call`].
    pub async fn script<T: FromRedisValue>(
        &self,
        operation: &'static str,
        script: &Script,
        call: &Cmd,
    ) -> Result<T, StoreError> {
        let answer = self.patiently(operation, Request::Script(script, call)).await?;
        understood(operation, answer)
    }

    /// Runs a script with a command in front of it, in one round trip.
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
        let answer = self.patiently(operation, Request::Staged(script, &both)).await?;
        understood(operation, answer)
    }

    /// Runs commands in one go, and does not try again.
    pub async fn once(&self, commands: &Pipeline) -> Result<(), StoreError> {
        let live = self.connected(Instant::now() + self.pace.patience).await;
        let live = live.map_err(|_| self.away())?;
        match Request::Commands(commands).send((*live).clone()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.drop_if_broken(&live, &error);
                Err(self.away())
            }
        }
    }

    /// A connection of its own for commands that block. It has no response timeout: the caller sets one that fits.
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
                    Ok(answer) => return Ok(answer),
                    Err(error) => {
                        self.drop_if_broken(&live, &error);
                        error
                    }
                },
                Err(error) => error,
            };
            match Fault::of(&error) {
                Fault::Refusal => return Err(refused(operation, &error)),
                Fault::Silent => return Err(self.away()),
                Fault::UnknownScript => {
                    let (Request::Script(script, _) | Request::Staged(script, _)) = request else {
                        return Err(refused(operation, &error));
                    };
                    Box::pin(self.patiently("load script", Request::Command(&script.load()))).await?;
                }
                Fault::Connection | Fault::NotNow => {
                    if Instant::now() + pause >= patience {
                        tracing::debug!(operation, address = %self.address, %error, "the working store is away");
                        return Err(self.away());
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// The live connection, or a new one. One task connects, the others wait for it.
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
            // Many tasks share the connection: let them queue, and send what has queued in few writes.
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

    /// Only the connection that failed: by now there may be a new one.
    fn drop_if_broken(&self, failed: &Arc<MultiplexedConnection>, error: &RedisError) {
        if matches!(Fault::of(error), Fault::Connection | Fault::Silent) {
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

/// What is to be sent.
#[derive(Clone, Copy)]
enum Request<'a> {
    Command(&'a Cmd),
    Commands(&'a Pipeline),
    Script(&'a Script, &'a Cmd),
    Staged(&'a Script, &'a Pipeline),
}

impl Request<'_> {
    async fn send(self, mut live: MultiplexedConnection) -> Result<Value, RedisError> {
        match self {
            Self::Command(command) | Self::Script(_, command) => match live.send_packed_command(command).await? {
                Value::ServerError(error) => Err(error.into()),
                answer => Ok(answer),
            },
            Self::Staged(_, both) => {
                let answers = live.send_packed_commands(both, 0, both.len()).await?;
                let mut last = Value::Nil;
                for answer in answers {
                    match answer {
                        Value::ServerError(error) => return Err(error.into()),
                        answer => last = answer,
                    }
                }
                Ok(last)
            }
            Self::Commands(commands) => {
                let answers = live.send_packed_commands(commands, 0, commands.len()).await?;
                // A server that does not serve now says so to each of the commands: try again.
                if let Some(Value::ServerError(error)) = answers.first() {
                    let error = RedisError::from(error.clone());
                    if Fault::of(&error) != Fault::Refusal {
                        return Err(error);
                    }
                }
                Ok(Value::Array(answers))
            }
        }
    }
}

fn understood<T: FromRedisValue>(operation: &'static str, answer: Value) -> Result<T, StoreError> {
    redis::from_redis_value(answer).map_err(|_| damaged(operation, "an answer of an unexpected form"))
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
