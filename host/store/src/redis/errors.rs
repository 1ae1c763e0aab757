//! What Redis and the connection to it say, in the store's words.
//!
//! Guarantee: no error text holds a credential: the address is put together from host and port, and of an error only
//! what the server said about the command is kept.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::StoreError;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is of no use any more.
    Connection,
    /// The server is there but does not serve now (starting, failing over).
    NotNow,
    /// The server has not answered in time. Asking again would make it worse.
    Silent,
    /// The script is not known to the server (any more).
    UnknownScript,
    /// The server said no, and will do so again.
    Refusal,
}

impl Fault {
    /// The kind of this error.
    pub fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoScript) => return Self::UnknownScript,
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain,
            ) => return Self::NotNow,
            // A replica now: the address may soon lead to the new primary, but only on a new connection.
            ErrorKind::Server(ServerErrorKind::ReadOnly) => return Self::Connection,
            ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => return Self::Refusal,
            _ => {}
        }
        if error.is_timeout() {
            Self::Silent
        } else if error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error() {
            Self::Connection
        } else {
            Self::Refusal
        }
    }
}

/// A refusal as the store's error.
pub fn refused(operation: &'static str, error: &RedisError) -> StoreError {
    StoreError::Refused {
        operation,
        reason: reason(error),
    }
}

/// An answer of a form that no version of the server gives: a damaged value, or a proxy in between.
pub fn damaged(operation: &'static str, what: impl std::fmt::Display) -> StoreError {
    StoreError::Refused {
        operation,
        reason: format!("damaged value: {what}"),
    }
}

fn reason(error: &RedisError) -> String {
    if matches!(error.kind(), ErrorKind::AuthenticationFailed) {
        return "the server does not accept the user name or password in REDIS_URL".to_owned();
    }
    let detail = error.detail().unwrap_or_default();
    // Our scripts say in their own words why they refuse; the server adds where in the script.
    if let Some((_, own)) = detail.split_once("refused: ") {
        return own.split(" script: ").next().unwrap_or(own).to_owned();
    }
    let detail = detail.split(" script: ").next().unwrap_or(detail);
    match error.code() {
        Some(code) => format!("{code} {detail}").trim_end().to_owned(),
        None => format!("{} {detail}", error.category()).trim_end().to_owned(),
    }
}
