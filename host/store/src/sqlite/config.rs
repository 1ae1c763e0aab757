//! The running configuration.
//!
//! Guarantee: it is replaced as a whole and read as a whole. Each replacement has a new random
//! revision.

use async_trait::async_trait;
use rusqlite::Connection;

use super::errors::{SqlError, SqlResult};
use super::step::WriteStep;
use super::{SqliteStore, audit};
use crate::{ConfigStore, StoreError};
use vconduit_base::{ConfigEntries, ConfigRevision};

fn revision(db: &Connection) -> SqlResult<ConfigRevision> {
    let number: i64 = db
        .prepare_cached("SELECT revision FROM config_revision")?
        .query_row([], |row| row.get(0))?;
    u64::try_from(number)
        .map(ConfigRevision::from)
        .map_err(SqlError::damaged)
}

fn load(db: &Connection) -> SqlResult<(ConfigRevision, ConfigEntries)> {
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
    new: ConfigRevision,
    expected: Option<ConfigRevision>,
    audit: Option<&str>,
) -> SqlResult<Result<ConfigRevision, ConfigRevision>> {
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
    let number = i64::try_from(new.number()).map_err(SqlError::damaged)?;
    step.db
        .prepare_cached("UPDATE config_revision SET revision = ?1")?
        .execute([number])?;
    if let Some(entry) = audit {
        audit::add(step, entry)?;
    }
    Ok(Ok(new))
}

#[async_trait]
impl ConfigStore for SqliteStore {
    async fn load_config(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError> {
        self.readers.run("load config", load).await
    }

    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<ConfigRevision>,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError> {
        let (entries, audit) = (entries.clone(), audit.map(str::to_owned));
        let new = ConfigRevision::random();
        self.writer
            .run("save config", move |step| {
                save(step, &entries, new, expected, audit.as_deref())
            })
            .await
    }

    async fn config_revision(&self) -> Result<ConfigRevision, StoreError> {
        self.readers.run("config revision", revision).await
    }
}
