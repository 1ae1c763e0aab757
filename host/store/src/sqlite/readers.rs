//! Connections that read, next to the thread that writes.
//!
//! Guarantee: a read sees every operation that returned before the read began, and never waits for
//! a write (WAL).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::errors::SqlResult;
use super::file;
use crate::StoreError;

/// Reads at the same time. Reads are short and mostly from memory. More of them would only take
/// turns on the cores.
const MAX_READERS: usize = 4;

/// A pool of connections for reading.
#[derive(Clone)]
pub struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Creates a pool for this file. Opens nothing yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(MAX_READERS)),
        }
    }

    /// Reads on a thread that may block.
    pub async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> SqlResult<T> + Send + 'static,
    {
        let closed = || StoreError::Refused {
            operation,
            reason: "the store is closed".to_owned(),
        };
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| closed())?;
        let (path, idle) = (self.path.clone(), self.idle.clone());
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let rested = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = match rested {
                Some(db) => db,
                None => file::open_reader(&path)?,
            };
            let result = work(&db);
            if result.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            }
            result
        });
        read.await
            .map_err(|_| closed())?
            .map_err(|error| error.during(operation))
    }
}
