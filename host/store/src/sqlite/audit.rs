//! The audit log.
//!
//! Guarantee: the numbers of the entries have no gaps, so the number of an entry shows its age.

use async_trait::async_trait;

use super::SqliteStore;
use super::errors::SqlResult;
use super::step::WriteStep;
use crate::audit::MAX_AUDIT_ENTRIES;
use crate::{AuditStore, StoreError};

/// Adds an entry, and removes the one that is too old.
pub fn add(step: &WriteStep<'_>, entry: &str) -> SqlResult<()> {
    step.db
        .prepare_cached("INSERT INTO audit (entry) VALUES (?1)")?
        .execute([entry])?;
    let newest = step.db.last_insert_rowid();
    step.db
        .prepare_cached("DELETE FROM audit WHERE number <= ?1")?
        .execute([newest - i64::from(MAX_AUDIT_ENTRIES)])?;
    Ok(())
}

#[async_trait]
impl AuditStore for SqliteStore {
    async fn audit(&self, entry: &str) -> Result<(), StoreError> {
        let entry = entry.to_owned();
        self.writer.run("audit", move |step| add(step, &entry)).await
    }

    async fn audit_log(&self, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let clamped = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let page = (clamped(count), clamped(offset));
        let read = move |db: &rusqlite::Connection| {
            let mut statement = db.prepare_cached("SELECT entry FROM audit ORDER BY number DESC LIMIT ?1 OFFSET ?2")?;
            let entries = statement.query_map(page, |row| row.get(0))?;
            Ok(entries.collect::<Result<_, _>>()?)
        };
        self.readers.run("audit log", read).await
    }
}
