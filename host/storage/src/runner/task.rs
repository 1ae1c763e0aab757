//! Work in a task of its own.
//!
//! Guarantee: the work ends with its owner. A panic becomes an error.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::StorageError;

/// Makes the error for a call that missed its deadline.
pub fn late(limit: Duration) -> StorageError {
    StorageError::Transient(format!("no response within {} s", limit.as_secs_f64()))
}

/// A spawned task that ends with its owner.
pub struct Task<T>(JoinHandle<Result<T, StorageError>>);

impl<T: Send + 'static> Task<T> {
    /// Starts the work, in the span of its owner.
    pub fn start(work: impl Future<Output = Result<T, StorageError>> + Send + 'static) -> Self {
        use tracing::Instrument as _;
        Self(tokio::spawn(work.in_current_span()))
    }

    /// Waits for the result.
    pub async fn finish(mut self) -> Result<T, StorageError> {
        (&mut self.0).await.unwrap_or_else(|_| {
            Err(StorageError::Permanent(
                "the adapter ended early (a fault in the program)".to_owned(),
            ))
        })
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
