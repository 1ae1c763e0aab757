//! The listing by `created_at`, the party indexes, and the ids of all documents.
//!
//! Guarantee: the database makes the pages, so a page costs the same however many documents there
//! are.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use super::SqliteStore;
use super::errors::SqlResult;
use super::lifetimes::expiry;
use super::step::WriteStep;
use crate::{IndexStore, StoreError};
use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vconduit_base::clock::now_ms_signed as now_ms;

/// Ids in one page of a scan.
const MAX_PAGE: u32 = 1000;

fn term(kind: IndexKind, value: &str) -> String {
    format!("{}:{value}", kind.as_str())
}

/// Adds a document to the listing and to its terms.
pub fn add(
    step: &WriteStep<'_>,
    id: &str,
    created_at_s: Option<i64>,
    index: &[(IndexKind, String)],
    index_s: i64,
) -> SqlResult<()> {
    if let Some(created) = created_at_s {
        let sql = "INSERT INTO listing (id, created_s) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET created_s = ?2";
        step.db.prepare_cached(sql)?.execute((id, created))?;
    }
    for (kind, value) in index {
        add_term(step, id, &term(*kind, value), index_s)?;
    }
    Ok(())
}

fn add_term(step: &WriteStep<'_>, id: &str, term: &str, index_s: i64) -> SqlResult<()> {
    let db = step.db;
    let before: Option<Option<i64>> = db
        .prepare_cached("SELECT expires_ms FROM terms WHERE term = ?1")?
        .query_row([term], |row| row.get(0))
        .optional()?;
    if before.flatten().is_some_and(|at| at <= step.now_ms) {
        // The term has expired but is not removed yet. Its ids must not come back with it.
        db.prepare_cached("DELETE FROM term_ids WHERE term = ?1")?
            .execute([term])?;
    }
    let sql = "INSERT INTO terms (term, expires_ms) VALUES (?1, ?2) ON CONFLICT (term) DO UPDATE SET expires_ms = ?2";
    db.prepare_cached(sql)?.execute((term, expiry(step.now_ms, index_s)))?;
    db.prepare_cached("INSERT OR IGNORE INTO term_ids (term, id) VALUES (?1, ?2)")?
        .execute((term, id))?;
    Ok(())
}

fn ids_of(db: &Connection, term: &str) -> SqlResult<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT id FROM term_ids WHERE term = ?1
         AND EXISTS (SELECT 1 FROM terms WHERE term = ?1 AND (expires_ms IS NULL OR expires_ms > ?2))",
    )?;
    let ids = statement.query_map((term, now_ms()), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

#[async_trait]
impl IndexStore for SqliteStore {
    async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError> {
        let list = move |db: &Connection| {
            let mut statement = db.prepare_cached(
                "SELECT id FROM listing WHERE created_s BETWEEN ?1 AND ?2 ORDER BY created_s DESC, id DESC LIMIT ?3 OFFSET ?4",
            )?;
            let bounds = (since_s.unwrap_or(i64::MIN), until_s.unwrap_or(i64::MAX));
            let offset = i64::try_from(offset).unwrap_or(i64::MAX);
            let ids = statement.query_map((bounds.0, bounds.1, count.max(-1), offset), |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        };
        self.readers.run("list", list).await
    }

    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError> {
        let terms: Vec<String> = terms.iter().map(|(kind, value)| term(*kind, value)).collect();
        self.readers
            .run("search", move |db| terms.iter().map(|term| ids_of(db, term)).collect())
            .await
    }

    /// The cursor is the last id of the page before.
    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError> {
        let scan = move |db: &Connection| {
            let mut statement = db.prepare_cached(
                "SELECT id FROM documents WHERE id > ?1 AND (expires_ms IS NULL OR expires_ms > ?2) ORDER BY id LIMIT ?3",
            )?;
            let ids = statement.query_map((cursor.unwrap_or_default(), now_ms(), MAX_PAGE), |row| row.get(0))?;
            let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
            let next = if ids.len() == MAX_PAGE as usize {
                ids.last().cloned()
            } else {
                None
            };
            Ok((ids.iter().filter_map(|id| VconId::new(id).ok()).collect(), next))
        };
        self.readers.run("scan", scan).await
    }

    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError> {
        let (id, index, index_s) = (id.clone(), index.to_vec(), self.lifetimes.index_s);
        self.writer
            .run("index", move |step| {
                add(step, id.as_str(), created_at_s, &index, index_s)
            })
            .await
    }
}
