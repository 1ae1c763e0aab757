//! Errors of SQLite and of the file, as the store's errors.
//!
//! Guarantee: every error of a statement becomes one of the store's errors, with the name of the
//! operation.

use std::path::Path;

use rusqlite::Error;

use crate::StoreError;

/// Result of work on the database.
pub type SqlResult<T> = Result<T, SqlError>;

/// The reason why work on the database failed. The operation is added by [`SqlError::during`].
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// An error of SQLite.
    #[error(transparent)]
    Sqlite(#[from] Error),
    /// A value in the file is not one that this program writes.
    #[error("damaged value: {0}")]
    Damaged(String),
}

impl SqlError {
    /// Returns the error for a value of the wrong form.
    pub fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// Returns the store's error for this operation.
    pub fn during(self, operation: &'static str) -> StoreError {
        StoreError::Refused {
            operation,
            reason: self.to_string(),
        }
    }
}

/// Returns the store's error for a file or a directory that can't be opened.
pub fn cannot_open(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Refused {
        operation: "open",
        reason: format!("{}: {error}", path.display()),
    }
}
