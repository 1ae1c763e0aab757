//! Saves vCons as rows in PostgreSQL.
//!
//! Guarantee: a save that returned `Ok` is committed. The table is the Conserver's, column for
//! column, so that both can use one database. Connections are not encrypted: the network to the
//! server has to be trusted.

mod created_at;
mod json;
mod options;
mod table;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::{Implementation, built};
use crate::factory::StorageContext;
use crate::options::Options;
use crate::{Abilities, Saved, Storage, StorageError};
use options::PostgresOptions;
use table::{Row, Statements};
use vcon_document::VconId;

pub(super) const IMPLEMENTATION: Implementation = Implementation {
    options: options::OPTIONS,
    build,
};

fn build(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = PostgresOptions::read(options);
    built(options, "", PostgresStorage::new(read))
}

/// Maximum wait for a new connection. It is shorter than the runner's deadline, and so is the next
/// one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum wait for a free connection of the pool.
const FREE_TIMEOUT: Duration = Duration::from_secs(20);

/// The PostgreSQL storage.
pub struct PostgresStorage {
    pool: Pool,
    statements: Statements,
    table_ready: OnceCell<()>,
    options: PostgresOptions,
}

impl PostgresStorage {
    /// Creates a storage. It connects at its first use.
    ///
    /// # Errors
    /// The pool can't be built.
    pub fn new(options: PostgresOptions) -> Result<Self, String> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(options.connection(CONNECT_TIMEOUT), NoTls, recycling);
        let timeouts = Timeouts {
            wait: Some(FREE_TIMEOUT),
            create: Some(CONNECT_TIMEOUT),
            recycle: Some(CONNECT_TIMEOUT),
        };
        let in_utc = Hook::async_fn(|client, _| {
            Box::pin(async move {
                client
                    .batch_execute("SET TIME ZONE 'UTC'")
                    .await
                    .map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(options.pool_size)
            .timeouts(timeouts)
            .post_create(in_utc)
            .runtime(Runtime::Tokio1);
        let pool = pool.build().map_err(|error| error.to_string())?;
        let statements = Statements::new(&options.table_name);
        Ok(Self {
            pool,
            statements,
            table_ready: OnceCell::new(),
            options,
        })
    }

    async fn client(&self) -> Result<Client, StorageError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => self.failure(&error),
            PoolError::Timeout(_) => {
                StorageError::Transient(format!("{}: no free connection in time", self.options.shown()))
            }
            other => StorageError::Transient(format!("{}: {other}", self.options.shown())),
        })
    }

    /// Creates the table, once in a process.
    async fn ready(&self, client: &mut Client) -> Result<(), StorageError> {
        let made = self
            .table_ready
            .get_or_try_init(|| self.statements.create_table(client));
        made.await.copied().map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &tokio_postgres::Error) -> StorageError {
        let text = match error.as_db_error() {
            Some(response) => format!("{} ({})", response.message(), response.code().code()),
            None => causes(error),
        };
        let message = self
            .options
            .password
            .scrub(&format!("{}: {text}", self.options.shown()));
        if is_transient(error) {
            StorageError::Transient(message)
        } else {
            StorageError::Permanent(message)
        }
    }
}

/// Returns the text of an error with its causes. Only the causes say that a connection was refused.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Returns true if a retry may help. The classes of SQLSTATE are: connection, rollback (deadlock,
/// serialisation), resources, operator intervention, system, lock not available.
fn is_transient(error: &tokio_postgres::Error) -> bool {
    const CLASSES: [&str; 6] = ["08", "40", "53", "57", "58", "55"];
    let Some(state) = error.code() else {
        // Without a response of the server, an I/O error may pass. A missing password or another
        // protocol does not.
        return error.is_closed() || std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>());
    };
    CLASSES.iter().any(|class| state.code().starts_with(class))
}

/// Returns the default for a table that does not exist, because it holds no rows.
fn absent_table<T: Default>(error: tokio_postgres::Error) -> Result<T, tokio_postgres::Error> {
    if error.code() == Some(&SqlState::UNDEFINED_TABLE) {
        Ok(T::default())
    } else {
        Err(error)
    }
}

#[async_trait]
impl Storage for PostgresStorage {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: true,
            delete: true,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let egress = self.options.egress.unwrap_or(saved.egress);
        let row = crate::prepare(saved, move |saved| Row::of(saved, egress)).await?;
        let row = row.map_err(|fault| StorageError::Permanent(format!("{}: {fault}", self.options.shown())))?;
        let mut client = self.client().await?;
        self.ready(&mut client).await?;
        self.statements
            .upsert(&client, &row)
            .await
            .map_err(|error| self.failure(&error))
    }

    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        let Ok(id) = Uuid::parse_str(id.as_str()) else {
            return Ok(None);
        };
        let client = self.client().await?;
        self.statements
            .select(&client, id)
            .await
            .or_else(absent_table)
            .map_err(|error| self.failure(&error))
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        let Ok(id) = Uuid::parse_str(id.as_str()) else {
            return Ok(false);
        };
        let client = self.client().await?;
        self.statements
            .delete(&client, id)
            .await
            .or_else(absent_table)
            .map_err(|error| self.failure(&error))
    }
}
