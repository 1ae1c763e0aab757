//! The one thread that writes.
//!
//! Guarantee: an operation is answered only after it is on the disk; it happens as a whole or not at all (a savepoint
//! each), and one that fails takes nothing from the others that share its transaction.
//!
//! Making a transaction durable costs one `fsync`, some milliseconds on ordinary disks, whatever it holds. So all
//! operations that have come in meanwhile go into the next transaction together (group commit): the more callers,
//! the cheaper each one.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::errors::{Fault, Sql};
use super::lock::Lock;
use super::waiters::Waiters;
use super::{now_ms, sweep};
use crate::StoreError;

/// Operations that may queue before callers have to wait.
const QUEUE: usize = 4096;
/// Operations in one transaction at most: bounds how long the first of them waits for the others.
const GROUP: usize = 512;
/// How often expired things are removed. They are not visible from the moment they expire; this is for the space.
const SWEEP_EVERY: Duration = Duration::from_secs(20);
/// The pause when there was more to remove than one sweep takes.
const SWEEP_ON: Duration = Duration::from_millis(100);

/// What an operation works with.
pub struct Step<'a> {
    /// Inside of the transaction.
    pub db: &'a Connection,
    /// The time that all of the operation sees.
    pub now_ms: i64,
    revisions: &'a Cell<i64>,
    pushed: &'a RefCell<Vec<String>>,
}

impl Step<'_> {
    /// A revision that no document has ever had.
    pub fn new_revision(&self) -> i64 {
        let revision = self.revisions.get() + 1;
        self.revisions.set(revision);
        revision
    }

    /// Notes that this list has new entries, for those who wait for it.
    pub fn pushed_to(&self, list: &str) {
        self.pushed.borrow_mut().push(list.to_owned());
    }
}

/// Answers the caller, once it is known whether the transaction is on the disk.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;
type Operation = Box<dyn FnOnce(&Step<'_>) -> Answer + Send>;

/// The way to the writing thread. Dropped, it waits until all that was queued is on the disk.
pub struct Writer {
    queue: Option<SyncSender<Operation>>,
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
    /// Starts the thread. The lock of the file is with it: released when the last step is done.
    pub fn start(db: Connection, waiters: Arc<Waiters>, lock: Lock) -> std::io::Result<Self> {
        let (queue, operations) = sync_channel(QUEUE);
        let work = move || {
            run(&db, &operations, &waiters);
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

    /// Does this in a transaction; answers when it is on the disk.
    pub async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Step<'_>) -> Sql<T> + Send + 'static,
    {
        let (send, answer) = oneshot::channel();
        let job: Operation = Box::new(move |step| {
            let done = in_savepoint(step, work);
            Box::new(move |committed| {
                let refused = |why: &str| StoreError::Refused {
                    operation,
                    reason: why.to_owned(),
                };
                let result = match (done, committed) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Ok(_), Err(why)) => Err(refused(why)),
                    (Err(fault), _) => Err(fault.during(operation)),
                };
                // The caller may have given up; the step stands all the same.
                let _ = send.send(result);
            })
        });
        self.enqueue(job).await.map_err(|()| closed(operation))?;
        answer.await.map_err(|_| closed(operation))?
    }

    async fn enqueue(&self, mut job: Operation) -> Result<(), ()> {
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

fn in_savepoint<T>(step: &Step<'_>, work: impl FnOnce(&Step<'_>) -> Sql<T>) -> Sql<T> {
    step.db.prepare_cached("SAVEPOINT step")?.execute([])?;
    let result = work(step);
    if result.is_err() {
        step.db.prepare_cached("ROLLBACK TO step")?.execute([])?;
    }
    step.db.prepare_cached("RELEASE step")?.execute([])?;
    result
}

fn run(db: &Connection, operations: &Receiver<Operation>, waiters: &Waiters) {
    // Never the same twice, over restarts too, as long as there is less than one write per microsecond.
    let revisions = Cell::new(now_ms().saturating_mul(1000));
    let mut next_sweep = Instant::now() + SWEEP_EVERY;
    loop {
        let next = operations.recv_timeout(next_sweep.saturating_duration_since(Instant::now()));
        match next {
            Ok(first) => group(db, &revisions, first, operations, waiters),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if Instant::now() >= next_sweep {
            let more = sweep::sweep(db).unwrap_or_else(|error| {
                tracing::warn!(%error, "expired entries could not be removed");
                false
            });
            next_sweep = Instant::now() + if more { SWEEP_ON } else { SWEEP_EVERY };
        }
    }
}

fn group(
    db: &Connection,
    revisions: &Cell<i64>,
    first: Operation,
    operations: &Receiver<Operation>,
    waiters: &Waiters,
) {
    let pushed = RefCell::new(Vec::new());
    let begun = db.execute_batch("BEGIN IMMEDIATE");
    let mut answers = Vec::new();
    let mut next = Some(first);
    while let Some(operation) = next {
        let step = Step {
            db,
            now_ms: now_ms(),
            revisions,
            pushed: &pushed,
        };
        answers.push(operation(&step));
        next = if answers.len() < GROUP {
            operations.try_recv().ok()
        } else {
            None
        };
    }
    let committed = begun.and_then(|()| db.execute_batch("COMMIT")).map_err(|error| {
        // A full disk, for one. Without the rollback the next transaction could not begin.
        let _ = db.execute_batch("ROLLBACK");
        Fault::from(error).to_string()
    });
    if committed.is_ok() {
        waiters.wake(&pushed.borrow());
    }
    for answer in answers {
        answer(committed.as_ref().copied().map_err(String::as_str));
    }
}
