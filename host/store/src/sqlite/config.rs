//! The running configuration.
//!
//! Guarantee: it is replaced as a whole and read as a whole. Each replacement increases its
//! revision.

use async_trait::async_trait;
use rusqlite::Connection;

use super::errors::{SqlError, SqlResult};
use super::step::WriteStep;
use super::{SqliteStore, audit};
use crate::{ConfigStore, StoreError};
use vconduit_base::ConfigEntries;

fn revision(db: &Connection) -> SqlResult<u64> {
    let number: i64 = db
        .prepare_cached("SELECT revision FROM config_revision")?
        .query_row([], |row| row.get(0))?;
    u64::try_from(number).map_err(SqlError::damaged)
}

fn load(db: &Connection) -> SqlResult<(u64, ConfigEntries)> {
    // A transaction, so that both are of one moment.
    let moment = db.unchecked_transaction()?;
    let number = revision(&moment)?;
    let mut statement = moment.prepare_cached("SELECT name, text FROM config ORDER BY number")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let entries = rows.collect::<Result<_, _>>()?;
    Ok((number, entries))
}

fn save(
    step: &WriteStep<'_>,
    entries: &ConfigEntries,
    expected: Option<u64>,
    audit: Option<&str>,
) -> SqlResult<Result<u64, u64>> {
    let current = revision(step.db)?;
    if expected.is_some_and(|expected| expected != current) {
        return Ok(Err(current));
    }
    step.db.prepare_cached("DELETE FROM config")?.execute([])?;
    for (name, text) in entries {
        step.db
            .prepare_cached("INSERT INTO config (name, text) VALUES (?1, ?2)")?
            .execute((name, text))?;
    }
    step.db
        .prepare_cached("UPDATE config_revision SET revision = revision + 1")?
        .execute([])?;
    if let Some(entry) = audit {
        audit::add(step, entry)?;
    }
    Ok(Ok(current + 1))
}

#[async_trait]
impl ConfigStore for SqliteStore {
    async fn load_config(&self) -> Result<(u64, ConfigEntries), StoreError> {
        self.readers.run("load config", load).await
    }

    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<u64>,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        let (entries, audit) = (entries.clone(), audit.map(str::to_owned));
        self.writer
            .run("save config", move |step| {
                save(step, &entries, expected, audit.as_deref())
            })
            .await
    }

    async fn config_revision(&self) -> Result<u64, StoreError> {
        self.readers.run("config revision", revision).await
    }
}
