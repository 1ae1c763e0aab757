//! The thread that writes: takes operations from the queue and commits them in groups.
//!
//! Guarantee: a caller gets its result after the commit of its group. Waiters for a list wake after
//! the commit too, so they see the entry.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::errors::{SqlError, SqlResult};
use super::step::WriteStep;
use super::waiters::Waiters;
use vconduit_base::clock::now_ms_signed as now_ms;

/// Operations in one transaction. Bounds the time that the first of them waits for the others.
const MAX_GROUP: usize = 512;
/// Time between two sweeps. Expired things are invisible from the moment they expire, so a sweep
/// only frees space.
const SWEEP_INTERVAL: Duration = Duration::from_secs(20);
/// Time until the next sweep when there was more to remove than one sweep takes.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// Sends the result to the caller, once it is known whether the transaction is on the disk.
pub type JobReply = Box<dyn FnOnce(Result<(), &str>) + Send>;
/// An operation in the queue. It gets the reason instead of a step when no transaction could begin.
pub type WriteJob = Box<dyn FnOnce(Result<&WriteStep<'_>, &str>) -> JobReply + Send>;
/// Removes a part of what has expired. Returns true when there may be more.
pub type Sweep = fn(&Connection) -> SqlResult<bool>;

/// State of the writing thread.
pub struct WriteLoop<'a> {
    db: &'a Connection,
    operations: &'a Receiver<WriteJob>,
    waiters: &'a Waiters,
    sweep: Sweep,
    document_s: i64,
    revisions: Cell<i64>,
}

impl<'a> WriteLoop<'a> {
    /// Creates the state. Revisions start from the time in microseconds: they never repeat, over
    /// restarts too, as long as there is less than one write per microsecond.
    pub fn new(
        db: &'a Connection,
        operations: &'a Receiver<WriteJob>,
        waiters: &'a Waiters,
        sweep: Sweep,
        document_s: i64,
    ) -> Self {
        Self {
            db,
            operations,
            waiters,
            sweep,
            document_s,
            revisions: Cell::new(now_ms().saturating_mul(1000)),
        }
    }

    /// Runs until the queue is closed and empty.
    pub fn run(&self) {
        let mut next_sweep = Instant::now() + SWEEP_INTERVAL;
        loop {
            let next = self
                .operations
                .recv_timeout(next_sweep.saturating_duration_since(Instant::now()));
            match next {
                Ok(first) => self.run_group(first),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= next_sweep {
                next_sweep = Instant::now() + self.sweep_once();
            }
        }
    }

    /// Sweeps, and returns the time until the next sweep.
    fn sweep_once(&self) -> Duration {
        match (self.sweep)(self.db) {
            Ok(true) => SWEEP_PAUSE,
            Ok(false) => SWEEP_INTERVAL,
            Err(error) => {
                tracing::warn!(%error, "expired entries could not be removed");
                SWEEP_INTERVAL
            }
        }
    }

    /// Runs this operation and those that have come in meanwhile in one transaction.
    fn run_group(&self, first: WriteJob) {
        if let Err(error) = self.db.execute_batch("BEGIN IMMEDIATE") {
            return self.refuse(first, &SqlError::from(error).to_string());
        }
        let pushed = RefCell::new(Vec::new());
        let mut replies = Vec::new();
        let mut next = Some(first);
        while let Some(operation) = next {
            let step = WriteStep::new(self.db, self.document_s, &self.revisions, &pushed);
            replies.push(operation(Ok(&step)));
            next = if replies.len() < MAX_GROUP {
                self.operations.try_recv().ok()
            } else {
                None
            };
        }
        let committed = self.db.execute_batch("COMMIT").map_err(|error| {
            // For example a full disk. Without the rollback the next transaction could not begin.
            let _ = self.db.execute_batch("ROLLBACK");
            SqlError::from(error).to_string()
        });
        if committed.is_ok() {
            self.waiters.wake(&pushed.borrow());
        }
        for reply in replies {
            reply(committed.as_ref().copied().map_err(String::as_str));
        }
    }

    /// Runs nothing: without a transaction each operation would be saved by itself, while its
    /// caller gets an error and repeats it. The operations in the queue are refused too, because
    /// each of them would wait for the same lock.
    fn refuse(&self, first: WriteJob, reason: &str) {
        let waiting = std::iter::from_fn(|| self.operations.try_recv().ok());
        for operation in std::iter::once(first).chain(waiting) {
            operation(Err(reason))(Err(reason));
        }
    }
}
