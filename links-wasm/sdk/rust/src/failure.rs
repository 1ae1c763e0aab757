//! The failure of a call. The host's and the libraries' errors convert into it, so that `?` works.

use crate::Error;
use crate::bindings::link::vcon::link::outcomes;

pub use outcomes::FailureKind;

/// A failed call. The vCon becomes a dead letter unless a retry helps.
///
/// The message is for people. Name the thing at fault and the next step. No secrets, no document
/// content.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Kind of the failure.
    pub kind: FailureKind,
    /// Reason and next step, for people.
    pub message: String,
    /// True if the host should try again.
    pub retryable: bool,
    /// Time to wait before the next try, in milliseconds. The host chooses it if it is absent.
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retryable: false,
            retry_after_ms: None,
        }
    }

    /// Makes a failure because the options are wrong. Only a change of configuration helps.
    pub fn options(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Options, message)
    }

    /// Makes a failure because the link can't work with this vCon.
    pub fn vcon(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Vcon, message)
    }

    /// Makes a failure because a service that the link called refused the request or is
    /// unavailable.
    pub fn service(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Service, message)
    }

    /// Makes a failure of any other kind.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Other, message)
    }

    /// Asks the host to try again.
    pub fn retryable(self) -> Self {
        self.retryable_if(true)
    }

    /// Asks the host to try again, or not to.
    pub fn retryable_if(self, retryable: bool) -> Self {
        Self { retryable, ..self }
    }

    /// Asks the host to try again, but not before this many milliseconds.
    pub fn retry_after_ms(self, milliseconds: u64) -> Self {
        Self {
            retryable: true,
            retry_after_ms: Some(milliseconds),
            ..self
        }
    }
}

impl From<Failure> for outcomes::Failure {
    fn from(failure: Failure) -> Self {
        let Failure {
            kind,
            message,
            retryable,
            retry_after_ms,
        } = failure;
        Self {
            kind,
            message,
            retryable,
            retry_after_ms,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing => Self::vcon("the vCon does not exist any more"),
            Error::Opaque => Self::new(
                FailureKind::Sealed,
                "the vCon is signed or encrypted: this link can't look into it",
            ),
            Error::WrongType(what) => Self::vcon(what),
            Error::Denied(grant) => Self::options(format!("not granted to this link: {grant}")),
            Error::Unavailable(what) => Self::service(what).retryable(),
            Error::Limit(limit) => Self::other(format!("a limit is used up: {limit}")),
            Error::BadPointer(pointer) => Self::other(format!("bad JSON pointer: {pointer}")),
            Error::BadJson(what) => Self::other(format!("bad JSON: {what}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::other(format!("JSON does not have the expected form: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unavailable_host_is_worth_a_retry_and_a_missing_grant_is_not() {
        let away = Failure::from(Error::Unavailable("store".into()));
        assert!(away.retryable);
        assert_eq!(away.kind, FailureKind::Service);
        let denied = Failure::from(Error::Denied("secrets: [KEY]".into()));
        assert!(!denied.retryable);
        assert!(denied.message.contains("secrets: [KEY]"));
    }
}
