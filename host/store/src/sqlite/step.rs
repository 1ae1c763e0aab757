//! One step of the writer, as the code of a topic sees it.
//!
//! Guarantee: all of a step sees the same time. No revision is used twice.

use std::cell::{Cell, RefCell};

use rusqlite::Connection;

use vconduit_base::clock::now_ms_signed as now_ms;

/// Everything that a step works with.
pub struct WriteStep<'a> {
    /// Connection with an open transaction.
    pub db: &'a Connection,
    /// Time of the step, in Unix milliseconds.
    pub now_ms: i64,
    /// Lifetime of a document after its last run, in seconds. 0 or less: no limit.
    pub document_s: i64,
    revisions: &'a Cell<i64>,
    pushed: &'a RefCell<Vec<String>>,
}

impl<'a> WriteStep<'a> {
    /// Begins a step now. `revisions` holds the last revision that was used, `pushed` collects the
    /// lists that get new entries.
    pub fn new(
        db: &'a Connection,
        document_s: i64,
        revisions: &'a Cell<i64>,
        pushed: &'a RefCell<Vec<String>>,
    ) -> Self {
        Self {
            db,
            now_ms: now_ms(),
            document_s,
            revisions,
            pushed,
        }
    }

    /// Returns a revision that no document has ever had.
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
