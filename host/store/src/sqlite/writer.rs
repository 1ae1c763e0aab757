//! The way to the one thread that writes.
//!
//! Guarantee: an operation returns only after it is on the disk. It happens as a whole or not at
//! all (a savepoint each), and an operation that fails takes nothing from the others in its
//! transaction.
//!
//! Making a transaction durable costs one `fsync`, some milliseconds on ordinary disks, whatever it
//! holds. So all operations that have come in meanwhile go into the next transaction together
//! (group commit): the more callers, the cheaper each one.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::errors::SqlResult;
use super::lock::Lock;
use super::step::WriteStep;
use super::waiters::Waiters;
use super::write_loop::{Sweep, WriteJob, WriteLoop};
use crate::StoreError;

/// Operations that may queue before callers have to wait.
const MAX_QUEUED: usize = 4096;

/// The queue of the writing thread. Dropping it waits until everything in the queue is on the disk.
pub struct Writer {
    queue: Option<SyncSender<WriteJob>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// Starts the thread, which also runs `sweep` from time to time. The thread holds the lock of
    /// the file until its last operation is done. `document_s` is the lifetime of documents after
    /// their last run, in seconds.
    pub fn start(
        db: Connection,
        waiters: Arc<Waiters>,
        lock: Lock,
        sweep: Sweep,
        document_s: i64,
    ) -> std::io::Result<Self> {
        let (queue, operations) = sync_channel(MAX_QUEUED);
        let work = move || {
            WriteLoop::new(&db, &operations, &waiters, sweep, document_s).run();
            drop(db);
            drop(lock);
        };
        let thread = std::thread::Builder::new()
            .name("vconduit-sqlite".to_owned())
            .spawn(work)?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Runs an operation in a transaction. Returns when it is on the disk.
    pub async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&WriteStep<'_>) -> SqlResult<T> + Send + 'static,
    {
        let (send, result) = oneshot::channel();
        let job: WriteJob = Box::new(move |step| {
            let done = step.ok().map(|step| in_savepoint(step, work));
            Box::new(move |committed| {
                let refused = |why: &str| StoreError::Refused {
                    operation,
                    reason: why.to_owned(),
                };
                let result = match (done, committed) {
                    (None, reason) => Err(StoreError::Unavailable(reason.err().unwrap_or_default().to_owned())),
                    (Some(Ok(value)), Ok(())) => Ok(value),
                    (Some(Ok(_)), Err(why)) => Err(refused(why)),
                    (Some(Err(error)), _) => Err(error.during(operation)),
                };
                // The caller may have given up. The step stays done.
                let _ = send.send(result);
            })
        });
        self.enqueue(job).await.map_err(|()| closed(operation))?;
        result.await.map_err(|_| closed(operation))?
    }

    async fn enqueue(&self, mut job: WriteJob) -> Result<(), ()> {
        let Some(queue) = &self.queue else { return Err(()) };
        loop {
            match queue.try_send(job) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(()),
                Err(TrySendError::Full(back)) => job = back,
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn closed(operation: &'static str) -> StoreError {
    StoreError::Refused {
        operation,
        reason: "the store is closed".to_owned(),
    }
}

fn in_savepoint<T>(step: &WriteStep<'_>, work: impl FnOnce(&WriteStep<'_>) -> SqlResult<T>) -> SqlResult<T> {
    step.db.prepare_cached("SAVEPOINT step")?.execute([])?;
    let result = work(step);
    if result.is_err() {
        step.db.prepare_cached("ROLLBACK TO step")?.execute([])?;
    }
    step.db.prepare_cached("RELEASE step")?.execute([])?;
    result
}
