//! Errors of one call of a link.

/// Reason why a call has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The link reported a failure.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A limit of the call was reached. The text names the limit, its value and the key that raises
    /// it.
    #[error("{0}")]
    Limit(String),
    /// The chain's deadline passed during the call.
    #[error("the chain's timeout passed while the link was running")]
    ChainDeadline,
    /// The code trapped: a panic, an unreachable, a stack overflow. The text is bounded and escaped
    /// and contains the last line of standard error.
    #[error("the link crashed: {0}")]
    Trap(String),
    /// The result violates the contract: a list name with control characters, a document with
    /// another uuid, invalid JSON.
    #[error("the link returned something that the contract does not allow: {0}")]
    BadAnswer(String),
    /// The host could not run the link: no memory for an instance, or too many calls at once.
    #[error("the host could not run the link: {0}")]
    Host(String),
}

/// Failure that a link reports. The message is bounded and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Kind of the failure.
    pub kind: FailureKind,
    /// Message for people.
    pub message: String,
    /// True if a retry may help.
    pub retryable: bool,
    /// Time to wait before a retry, in milliseconds. None leaves it to the host.
    pub retry_after_ms: Option<u64>,
}

/// Kind of a failure, as the link reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The options are wrong.
    Options,
    /// The link can't work with this vCon.
    Vcon,
    /// The vCon is signed or encrypted. The chain skips the link.
    Sealed,
    /// A service refused or was unavailable.
    Service,
    /// Anything else.
    Other,
}

impl CallError {
    /// Returns true if the chain should try the call again.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.retryable,
            Self::Host(_) => true,
            Self::Limit(_) | Self::ChainDeadline | Self::Trap(_) | Self::BadAnswer(_) => false,
        }
    }

    /// Returns the class for the error record of a dead letter and for metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Failed(failure) => match failure.kind {
                FailureKind::Options => "options",
                FailureKind::Vcon => "vcon",
                FailureKind::Sealed => "sealed",
                FailureKind::Service => "service",
                FailureKind::Other => "link",
            },
            Self::Limit(_) => "limit",
            Self::ChainDeadline => "timeout",
            Self::Trap(_) => "trap",
            Self::BadAnswer(_) => "contract",
            Self::Host(_) => "host",
        }
    }
}
