//! The working store in one SQLite file, for a first run and for one machine without Redis.
//!
//! Guarantee: a step returns after it is on the disk (write-ahead log, synchronous FULL), so it
//! survives a crash of this process and of the machine. The file belongs to one process at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use self::errors::{SqlError, cannot_open};
use self::host_locks::HeldLocks;
use self::hosts::HostReports;
use self::lock::Lock;
use self::readers::Readers;
use self::step::WriteStep;
use self::waiters::Waiters;
use self::writer::Writer;
use super::events::Listeners;
use super::{MemoryUse, Store, StoreError};
use vconduit_base::Lifetimes;

mod audit;
mod claims;
mod component_parts;
mod components;
mod config;
mod dead_letters;
mod documents;
mod endings;
mod entries;
mod entry_state;
mod errors;
mod events;
mod file;
mod guarded;
mod holds;
mod host_locks;
mod hosts;
mod index;
mod letters;
mod lifetimes;
mod lists;
mod lock;
mod readers;
mod recovery;
mod step;
mod sweep;
mod trails;
mod waiters;
mod write_loop;
mod writer;

/// The working store in one SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    lifetimes: Lifetimes,
    writer: Writer,
    readers: Readers,
    waiters: Arc<Waiters>,
    hosts: HostReports,
    locks: HeldLocks,
    listeners: Listeners,
}

impl SqliteStore {
    /// Opens `vconduit.sqlite3` in this directory, and creates both when they do not exist. Blocks
    /// for some milliseconds.
    ///
    /// # Errors
    /// `InUse` when another process has the file. `Refused` when the directory or the file can't be
    /// opened, or when the file belongs to another program.
    pub fn open(directory: &Path, lifetimes: Lifetimes) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|error| cannot_open(directory, &error))?;
        let path = directory.join("vconduit.sqlite3");
        let lock = Lock::take(directory, &path)?;
        let db = file::open_writer(&path).map_err(|error| error.during("open"))?;
        // The workers with these claims died with the last process, as the file was theirs alone.
        // There is no need to wait for the end of their leases.
        db.execute("UPDATE claims SET lease_ms = 0", [])
            .map_err(|error| SqlError::from(error).during("open"))?;
        component_parts::sweep_all(&db).map_err(|error| error.during("open"))?;
        let waiters = Arc::new(Waiters::default());
        let writer = Writer::start(db, waiters.clone(), lock, sweep::sweep, lifetimes.document_s)
            .map_err(|error| cannot_open(&path, &error))?;
        Ok(Self {
            readers: Readers::new(path.clone()),
            path,
            lifetimes,
            writer,
            waiters,
            hosts: HostReports::default(),
            locks: HeldLocks::default(),
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

#[async_trait]
impl Store for SqliteStore {
    /// Writes to the disk, which shows a full disk and a read-only one.
    async fn ping(&self) -> Result<(), StoreError> {
        let write = |step: &WriteStep<'_>| {
            step.db
                .prepare_cached("UPDATE config_revision SET revision = revision")?
                .execute([])?;
            Ok(())
        };
        self.writer.run("ping", write).await
    }

    /// The file has no limit of its own.
    async fn memory_use(&self) -> Result<Option<MemoryUse>, StoreError> {
        Ok(None)
    }

    fn describe(&self) -> String {
        format!(
            "SQLite {} in {} (this process only)",
            rusqlite::version(),
            self.path.display()
        )
    }
}
