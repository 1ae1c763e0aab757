//! Log lines: JSON for machines, plain for people. `RUST_LOG` chooses what is said; per-vCon detail is at debug.

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use vconduit_base::LogFormat;

/// What is said where `RUST_LOG` is not set: this crate at info, libraries from warnings on.
const DEFAULT_FILTER: &str = "warn,vconduit=info";
/// What is said where a program talks to its user itself: only what went wrong.
const QUIET_FILTER: &str = "error,vconduit=warn";

/// Starts logging to stderr; `quiet` where the program talks to its user itself. Stdout stays free for what programs read. A second call changes nothing.
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
