//! Errors of requests, distinguished as far as the next step of a link depends on them.

use crate::Failure;
use std::fmt;

/// Reason why there is no response, or no usable one.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The URL, a header or the body can't be sent as given.
    BadRequest(String),
    /// The host does not allow it: the address is not granted, or a limit is used up.
    Denied(String),
    /// The service was not reached: name, connection, TLS. Nothing has been sent.
    NotReached(String),
    /// The service took too long.
    TimedOut(String),
    /// The connection broke. The service may have received the request.
    Broken(String),
    /// More redirects than the request allows.
    TooManyRedirects(String),
    /// The body of the response is larger than the request allows, or of another form than
    /// expected.
    BadAnswer(String),
    /// The service responded with an error status.
    Status {
        /// The status code.
        status: u16,
        /// Time to wait before the next try, as the service asked for.
        retry_after_ms: Option<u64>,
    },
}

impl Error {
    /// Returns true if the service has certainly not seen the request.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::BadRequest(_) | Self::Denied(_) | Self::NotReached(_))
    }

    /// Returns true if another try may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotReached(_) | Self::TimedOut(_) | Self::Broken(_) => true,
            Self::Status { status, .. } => super::retry::is_transient_status(*status),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(what) => write!(out, "the request can't be sent: {what}"),
            Self::Denied(what) => write!(out, "the request was not allowed: {what}"),
            Self::NotReached(what) => write!(out, "the service was not reached: {what}"),
            Self::TimedOut(what) => write!(out, "the service took too long: {what}"),
            Self::Broken(what) => write!(out, "the connection broke: {what}"),
            Self::TooManyRedirects(what) => write!(out, "too many redirects: {what}"),
            Self::BadAnswer(what) => write!(out, "the answer is of no use: {what}"),
            Self::Status { status, .. } => write!(out, "the service answered with status {status}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match &error {
            Error::BadRequest(_) | Error::Denied(_) => Failure::options(message),
            Error::Status {
                retry_after_ms: Some(wait),
                ..
            } if error.is_transient() => Failure::service(message).retry_after_ms(*wait),
            _ => Failure::service(message).retryable_if(error.is_transient()),
        }
    }
}
