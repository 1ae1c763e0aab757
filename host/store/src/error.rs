//! Errors of the working store.

/// The reason why the store did not perform an operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be reached now. A retry may succeed. Holds the address, without credentials.
    #[error("the working store is unavailable ({0}); work continues when it is back")]
    Unavailable(String),
    /// The store refused the operation, and will refuse it again: a key holds another type, the
    /// disk is full, a value is damaged.
    #[error("the working store refused {operation}: {reason}")]
    Refused {
        /// Name of the operation.
        operation: &'static str,
        /// Reason that the store gave.
        reason: String,
    },
    /// The SQLite file belongs to another process.
    #[error(
        "{path} is in use by process {pid}; stop that one, or give this one another VCONDUIT_DATA_DIR or a REDIS_URL"
    )]
    InUse {
        /// Path of the file.
        path: String,
        /// Id of the process that holds the file. 0 when it is not known yet.
        pid: u32,
    },
}
