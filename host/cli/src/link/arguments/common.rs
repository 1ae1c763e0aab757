//! Arguments that several commands share.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use vconduit_base::names::{LinkName, NameError};

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct OutputArgs {
    /// Print one JSON object instead of text, also for errors
    #[arg(long)]
    pub json: bool,
}

/// A server, and the key for it.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// URL of the server
    #[arg(
        long,
        value_name = "URL",
        env = "VCONDUIT_SERVER",
        default_value = "http://127.0.0.1:8000"
    )]
    pub server: String,
    /// Admin key. Other users of this machine can see arguments: prefer the variable or --key-file
    #[arg(long, value_name = "KEY", env = "VCONDUIT_ADMIN_KEY", hide_env_values = true)]
    pub key: Option<ServerKey>,
    /// File with the admin key in its first line; has precedence over --key and the variable
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// A key of the admin API. It is never shown.
#[derive(Clone)]
pub struct ServerKey(String);

impl ServerKey {
    /// The key itself, for the request.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
}

impl FromStr for ServerKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.trim();
        match key.is_empty() || key.chars().any(|character| !character.is_ascii_graphic()) {
            true => Err("a key is one word of visible ASCII characters"),
            false => Ok(Self(key.to_owned())),
        }
    }
}

/// Grants as JSON.
#[derive(Debug, Args)]
pub struct GrantsArgs {
    /// Grants: a JSON object as under `grants` in the configuration, for example {"http":
    /// ["api.example.com"]}
    #[arg(long, value_name = "JSON")]
    pub grants: Option<String>,
    /// File with the grants as a JSON object
    #[arg(long, value_name = "FILE", conflicts_with = "grants")]
    pub grants_file: Option<PathBuf>,
}

/// Parses a link's name.
pub(super) fn link_name(text: &str) -> Result<LinkName, NameError> {
    LinkName::new(text)
}
