//! Options of the PostgreSQL storage.
//!
//! Guarantee: the password is in a type that does not show it, here and in the client's own
//! configuration.

use std::time::Duration;

use tokio_postgres::Config;

use crate::egress;
use crate::options::{OptionKind, OptionSpec, Options};
use crate::secret::Secret;
use vcon_document::EgressFormat;

/// Options of the PostgreSQL storage. [`PostgresOptions::read`] has their defaults.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Name of the database.
    pub database: String,
    /// User that connects.
    pub user: String,
    /// Password of the user. An empty one is not sent.
    pub password: Secret,
    /// Host of the server, or the folder of its socket.
    pub host: String,
    /// Port of the server.
    pub port: u16,
    /// Name of the table.
    pub table_name: String,
    /// Maximum number of connections at once.
    pub pool_size: usize,
    /// Format of this storage's copies. Absent: the deployment's.
    pub egress: Option<EgressFormat>,
}

/// `name` has no effect, as in the Conserver, and is in many configurations.
pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("name", OptionKind::Text),
    OptionSpec::new("database", OptionKind::Text),
    OptionSpec::new("user", OptionKind::Text),
    OptionSpec::new("password", OptionKind::Text).secret(),
    OptionSpec::new("host", OptionKind::Text),
    OptionSpec::new("port", OptionKind::Whole { min: 1, max: 65_535 }),
    OptionSpec::new("table_name", OptionKind::Text).old_names(&["table"]),
    OptionSpec::new("pool_size", OptionKind::Whole { min: 1, max: 100 }),
    egress::OPTION,
];

impl PostgresOptions {
    /// Reads the options.
    pub(super) fn read(options: &mut Options) -> Self {
        let _ = options.text("name");
        Self {
            database: options.text("database").unwrap_or_else(|| "vcon_db".to_owned()),
            user: options.text("user").unwrap_or_else(|| "postgres".to_owned()),
            password: options.secret("password").unwrap_or_else(|| Secret::new("")),
            host: options.text("host").unwrap_or_else(|| "localhost".to_owned()),
            port: u16::try_from(options.whole("port", 5432)).unwrap_or(5432),
            table_name: options.text("table_name").unwrap_or_else(|| "vcons".to_owned()),
            pool_size: usize::try_from(options.whole("pool_size", 4)).unwrap_or(4),
            egress: egress::read(options),
        }
    }

    pub(super) fn connection(&self, connect_timeout: Duration) -> Config {
        let mut config = Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .user(&self.user)
            .dbname(&self.database);
        config.application_name("vconduit").connect_timeout(connect_timeout);
        if !self.password.expose().is_empty() {
            config.password(self.password.expose());
        }
        config
    }

    /// Returns the name of this storage for messages.
    pub(super) fn shown(&self) -> String {
        format!("postgres storage {}:{}/{}", self.host, self.port, self.database)
    }
}
