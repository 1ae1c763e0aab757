//! Set-up of the log. `RUST_LOG` filters the lines, and details of single vCons have the level
//! debug.
//!
//! Guarantee: log lines go to stderr, so stdout has only what a command prints for its caller.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use vconduit_base::LogFormat;

/// The filter without `RUST_LOG`: info of all crates of vConduit (their names begin with
/// `vconduit`), warnings of libraries.
const DEFAULT_FILTER: &str = "warn,vconduit=info";
/// The filter without `RUST_LOG` for commands that print their own messages: warnings of vConduit,
/// errors of libraries.
const QUIET_FILTER: &str = "error,vconduit=warn";

/// Starts the log. `quiet` is for commands that print their own messages. A second call changes
/// nothing.
pub fn init(format: LogFormat, quiet: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(if quiet { QUIET_FILTER } else { DEFAULT_FILTER }));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
            .try_init(),
        LogFormat::Pretty => registry
            .with(fmt::layer().with_target(false).with_writer(std::io::stderr))
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}
