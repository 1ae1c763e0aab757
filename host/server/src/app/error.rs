//! The error of a start.

use std::io;
use std::net::SocketAddr;

use vconduit_store::StoreError;

/// A host that did not start. The text names the part at fault and the next step.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {reason}; choose another address with --listen")]
    Listen {
        /// The address that was requested.
        address: SocketAddr,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// The working store refuses to open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Durability is required, and the store's server can lose data. The text lists every setting.
    #[error("Redis can lose what was acknowledged, and VCONDUIT_REQUIRE_DURABLE is set:\n{0}")]
    Durability(String),
    /// The configuration can't run. The text lists every problem, one a line.
    #[error("{0}")]
    Config(String),
    /// A part of the environment does not work. The text names the variable or the file.
    #[error("{0}")]
    Setting(String),
    /// The threads for links can't be started.
    #[error("the threads for links can't start: {0}; check the limit on threads of this process (`ulimit -u`)")]
    Threads(#[source] io::Error),
    /// The sandbox can't start.
    #[error("the sandbox can't start: {0}")]
    Sandbox(String),
    /// A stop was requested before the start was complete.
    #[error("stopped before the start was complete")]
    Stopped,
}
