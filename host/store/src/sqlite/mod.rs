//! The working store in one SQLite file: what a first run uses, and what one machine without Redis needs.
//!
//! Guarantee: a step is answered after it is on the disk (write-ahead log, synchronous FULL), so it survives a crash
//! of this process and of the machine. The file belongs to one process at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use self::hosts::Present;
use self::lock::Lock;
use self::readers::Readers;
use self::waiters::Waiters;
use self::writer::Writer;
use super::events::Listeners;
use super::{Store, StoreError};
use vconduit_base::Lifetimes;
use vconduit_base::clock::now_ms_signed as now_ms;

mod audit;
mod claims;
mod components;
mod config;
mod dead_letters;
mod documents;
mod endings;
mod errors;
mod events;
mod file;
mod hosts;
mod index;
mod lists;
mod lock;
mod readers;
mod recovery;
mod sweep;
mod trails;
mod waiters;
mod writer;

/// See the module.
pub struct SqliteStore {
    path: PathBuf,
    lifetimes: Lifetimes,
    writer: Writer,
    readers: Readers,
    waiters: Arc<Waiters>,
    hosts: Present,
    listeners: Listeners,
}

impl SqliteStore {
    /// Opens `vconduit.sqlite3` in this directory; makes both when they are not there. Blocks for some milliseconds.
    ///
    /// # Errors
    /// `InUse` when another process has the file; `Refused` when the disk says no or the file is not ours.
    pub fn open(directory: &Path, lifetimes: Lifetimes) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|error| io_refused(directory, &error))?;
        let path = directory.join("vconduit.sqlite3");
        let lock = Lock::take(directory, &path)?;
        let db = file::open_writer(&path).map_err(|fault| fault.during("open"))?;
        // Whoever had these claims is gone: the file was theirs alone. No need to wait for the leases to run out.
        db.execute("UPDATE claims SET lease_ms = 0", [])
            .map_err(|error| errors::Fault::from(error).during("open"))?;
        components::sweep_all(&db).map_err(|fault| fault.during("open"))?;
        let waiters = Arc::new(Waiters::default());
        let writer = Writer::start(db, waiters.clone(), lock).map_err(|error| io_refused(&path, &error))?;
        Ok(Self {
            readers: Readers::new(path.clone()),
            path,
            lifetimes,
            writer,
            waiters,
            hosts: Present::default(),
            listeners: Listeners::default(),
        })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn io_refused(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Refused {
        operation: "open",
        reason: format!("{}: {error}", path.display()),
    }
}

#[async_trait]
impl Store for SqliteStore {
    /// A write that reaches the disk: shows a full one, or one that is read-only.
    async fn ping(&self) -> Result<(), StoreError> {
        let write = |step: &writer::Step<'_>| {
            step.db
                .prepare_cached("UPDATE config_revision SET revision = revision")?
                .execute([])?;
            Ok(())
        };
        self.writer.run("ping", write).await
    }

    fn describe(&self) -> String {
        format!(
            "SQLite {} in {} (this process only)",
            rusqlite::version(),
            self.path.display()
        )
    }
}
