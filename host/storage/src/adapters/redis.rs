//! Saves vCons in Redis for longer than the working store keeps them.
//!
//! Guarantee: each vCon has one key `<prefix>:<id>`, plain text, with a time to live. The
//! persistence of that Redis decides whether a copy survives its crash.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client, ErrorKind, RedisError, ServerErrorKind};
use tokio::sync::OnceCell;

use super::{Implementation, built};
use crate::factory::StorageContext;
use crate::options::{OptionKind, OptionSpec, Options};
use crate::secret::{Secret, shown_address};
use crate::{Abilities, Saved, Storage, StorageError};
use vcon_document::VconId;
use vcon_document::json::python_text;
use vconduit_base::tls;

/// Default of the Conserver, which never used it. It is not an address, so it stands for the
/// working store, as in the Conserver.
const CONSERVER_DEFAULT_URL: &str = "redis://:localhost:6379";

/// Maximum wait for a connection. It is shorter than the runner's deadline, and so is the next one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum wait for a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// Options of the Redis storage. [`RedisOptions::read`] has their defaults.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// URL of the server.
    pub redis_url: Secret,
    /// Beginning of all keys.
    pub prefix: String,
    /// Time to live of the copies, in seconds.
    pub expires: u64,
}

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("redis_url", OptionKind::Text).secret(),
    OptionSpec::new("prefix", OptionKind::Text).old_names(&["key_prefix"]),
    OptionSpec::new(
        "expires",
        OptionKind::Whole {
            min: 1,
            max: 0xFFFF_FFFF,
        },
    )
    .old_names(&["ttl"]),
    OptionSpec::new("host", OptionKind::Text),
    OptionSpec::new("port", OptionKind::Whole { min: 1, max: 65_535 }),
];

pub(super) const IMPLEMENTATION: Implementation = Implementation {
    options: OPTIONS,
    build,
};

fn build(options: &mut Options, context: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = RedisOptions::read(options, context.redis_url.as_ref())?;
    built(options, "redis_url", RedisStorage::new(read))
}

impl RedisOptions {
    /// Reads the options. `main` is the working store's server, where that is Redis.
    fn read(options: &mut Options, main: Option<&Secret>) -> Option<Self> {
        let prefix = options.text("prefix").unwrap_or_else(|| "vcon_storage".to_owned());
        let expires = options.whole("expires", 604_800);
        let given = given_url(options).or_else(|| main.cloned());
        let Some(redis_url) = given else {
            options.problem_of_environment("redis_url", "is needed, because the working store is not Redis");
            return None;
        };
        Some(Self {
            redis_url,
            prefix,
            expires,
        })
    }
}

/// Returns `redis_url`, or the URL made of `host` and `port`.
fn given_url(options: &mut Options) -> Option<Secret> {
    let url = options.secret("redis_url");
    let host = options.text("host");
    let port = options.whole("port", 6379);
    match (url, host) {
        (Some(url), _) if url.expose() == CONSERVER_DEFAULT_URL => {
            options.warn(
                "redis_url",
                "is the old default, which was never used: the working store's Redis is taken",
            );
            None
        }
        (Some(url), _) => Some(url),
        (None, Some(host)) => {
            options.warn("host", "and \"port\" are old names, please write \"redis_url\"");
            Some(Secret::new(format!("redis://{host}:{port}")))
        }
        (None, None) => None,
    }
}

/// The Redis storage.
pub struct RedisStorage {
    options: RedisOptions,
    client: Client,
    connection: OnceCell<ConnectionManager>,
    address: String,
}

impl RedisStorage {
    /// Creates a storage. It connects at its first use.
    ///
    /// # Errors
    /// The URL can't be read.
    pub fn new(options: RedisOptions) -> Result<Self, String> {
        tls::choose_provider();
        let client = Client::open(options.redis_url.expose())
            .map_err(|_| "is not a Redis URL such as redis://host:6379".to_owned())?;
        let address = shown_address(options.redis_url.expose());
        Ok(Self {
            options,
            client,
            connection: OnceCell::new(),
            address,
        })
    }

    fn key(&self, id: &VconId) -> String {
        format!("{}:{id}", self.options.prefix)
    }

    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let manager = self.connection.get_or_try_init(|| async {
            // No retries here: the runner retries, and counts the tries.
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(0)
                .set_connection_timeout(Some(CONNECT_TIMEOUT))
                .set_response_timeout(Some(RESPONSE_TIMEOUT));
            ConnectionManager::new_with_config(self.client.clone(), config).await
        });
        manager.await.cloned()
    }

    fn failure(&self, error: &RedisError) -> StorageError {
        let message = self
            .options
            .redis_url
            .scrub(&format!("redis storage {}: {error}", self.address));
        let password = self
            .client
            .get_connection_info()
            .redis_settings()
            .password()
            .map(Secret::new);
        let message = password.map_or_else(|| message.clone(), |password| password.scrub(&message));
        if is_transient(error) {
            StorageError::Transient(message)
        } else {
            StorageError::Permanent(message)
        }
    }
}

/// Returns true if a retry may help: Redis is unavailable, loading, failing over or full.
fn is_transient(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    if error.is_timeout() || error.is_connection_refusal() || error.is_connection_dropped() {
        return true;
    }
    match error.kind() {
        ErrorKind::Io | ErrorKind::ClusterConnectionNotFound => true,
        ErrorKind::Server(kind) => matches!(kind, BusyLoading | ClusterDown | MasterDown | ReadOnly | TryAgain),
        _ => matches!(error.code(), Some("OOM" | "BUSY" | "MISCONF" | "NOREPLICAS")),
    }
}

#[async_trait]
impl Storage for RedisStorage {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: true,
            delete: true,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let text = crate::prepare(saved, |saved| python_text(&saved.text)).await?;
        let work = async {
            self.connection()
                .await?
                .set_ex::<_, _, ()>(self.key(&saved.id), text, self.options.expires)
                .await
        };
        work.await.map_err(|error| self.failure(&error))
    }

    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        let work = async { self.connection().await?.get::<_, Option<String>>(self.key(id)).await };
        work.await.map_err(|error| self.failure(&error))
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        let work = async { self.connection().await?.del::<_, u64>(self.key(id)).await };
        work.await
            .map(|removed| removed > 0)
            .map_err(|error| self.failure(&error))
    }
}
