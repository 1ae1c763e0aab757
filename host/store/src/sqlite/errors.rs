//! What SQLite says, in the store's words.
//!
//! Guarantee: every error of a statement becomes one of the store's errors, with what was asked.

use rusqlite::Error;

use crate::StoreError;

/// The result of work on the database.
pub type Sql<T> = Result<T, Fault>;

/// Why work on the database failed; which operation it was is added where the answer is given.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// SQLite said so.
    #[error(transparent)]
    Sqlite(#[from] Error),
    /// A value in the file is not what this program writes.
    #[error("damaged value: {0}")]
    Damaged(String),
}

impl Fault {
    /// A value that can't be what it should be.
    pub fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// The store's error.
    pub fn during(self, operation: &'static str) -> StoreError {
        StoreError::Refused {
            operation,
            reason: self.to_string(),
        }
    }
}
