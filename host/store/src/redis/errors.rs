//! Errors of Redis and of the connection, as the store's errors.
//!
//! Guarantee: no error text holds a credential. The address consists of host and port, and of an
//! error only the server's text about the command is kept.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::StoreError;

/// Kind of an error, by what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisFailure {
    /// The connection is unusable. Connect again.
    Connection,
    /// The server responds but does not serve now (it starts or fails over). Retry.
    NotNow,
    /// The server has not responded in time. A retry would make it worse.
    Silent,
    /// The server does not know the script. Load it.
    UnknownScript,
    /// The server refused, and will refuse again.
    Refusal,
}

impl RedisFailure {
    /// Returns the kind of this error.
    pub fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoScript) => return Self::UnknownScript,
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain,
            ) => return Self::NotNow,
            // The server is a replica now. The address may soon lead to the new primary, on a new
            // connection.
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

/// Returns a refusal as the store's error.
pub fn refused(operation: &'static str, error: &RedisError) -> StoreError {
    StoreError::Refused {
        operation,
        reason: reason(error),
    }
}

/// Returns the error for a reply of an unknown form: a damaged value, or a proxy in between.
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
    // The scripts give a reason of their own. The server adds the position in the script.
    if let Some((_, own)) = detail.split_once("refused: ") {
        return own.split(" script: ").next().unwrap_or(own).to_owned();
    }
    let detail = detail.split(" script: ").next().unwrap_or(detail);
    match error.code() {
        Some(code) => format!("{code} {detail}").trim_end().to_owned(),
        None => format!("{} {detail}", error.category()).trim_end().to_owned(),
    }
}
