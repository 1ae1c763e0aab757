//! Claims: taking entries, keeping the lease, noting how far the run has come.
//!
//! Guarantee: an entry is on its list or under exactly one claim.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row};

use super::errors::{Fault, Sql};
use super::trails::Note;
use super::writer::Step;
use super::{SqliteStore, documents, lists, trails};
use crate::{Checkpoint, Claim, ClaimStore, Effects, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, HostId, ListName};

/// Most entries in one step, so that no step keeps the others waiting for long.
const MOST: u32 = 500;

/// Where an entry stands, as it is kept.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The entry.
    pub vcon: String,
    /// Leases lost on it.
    pub lost_leases: u32,
    /// JSON.
    pub checkpoint: String,
    /// Its trace context.
    pub context: Option<String>,
}

impl Standing {
    /// From the columns vcon, lost_leases, checkpoint, context.
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            vcon: row.get(0)?,
            lost_leases: row.get(1)?,
            checkpoint: row.get(2)?,
            context: row.get(3)?,
        })
    }

    /// One that a newer version wrote and this one can't read: begin anew rather than stop.
    pub fn checkpoint(&self) -> Checkpoint {
        serde_json::from_str(&self.checkpoint).unwrap_or_default()
    }
}

/// A checkpoint as text.
pub fn text_of(checkpoint: &Checkpoint) -> Sql<String> {
    serde_json::to_string(checkpoint).map_err(Fault::damaged)
}

/// What a claim holds; nothing when it is lost.
pub fn held(db: &Connection, list: &ListName, claim: &ClaimId) -> Sql<Option<Standing>> {
    let sql = "SELECT vcon, lost_leases, checkpoint, context FROM claims WHERE claim = ?1 AND list = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row([claim.as_str(), list.as_str()], Standing::from_row)
        .optional()?)
}

/// Drops a claim.
pub fn drop_claim(step: &Step<'_>, claim: &str) -> Sql<()> {
    step.db
        .prepare_cached("DELETE FROM claims WHERE claim = ?1")?
        .execute([claim])?;
    Ok(())
}

/// Makes the write, if there is one.
pub fn write_if_any(step: &Step<'_>, write: Option<&Write>) -> Sql<Guarded> {
    write.map_or(Ok(Guarded::Done(None)), |write| documents::overwrite(step, write))
}

/// Notes where an entry stands that goes back to its list. Two entries with the same id share one note: the later
/// checkpoint, and the higher count of lost leases.
pub fn note(step: &Step<'_>, list: &str, entry: &Standing) -> Sql<()> {
    let sql = "INSERT INTO notes (list, vcon, lost_leases, checkpoint, context) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (list, vcon) DO UPDATE SET lost_leases = max(lost_leases, ?3), checkpoint = ?4, context = ?5";
    step.db
        .prepare_cached(sql)?
        .execute((list, &entry.vcon, entry.lost_leases, &entry.checkpoint, &entry.context))?;
    Ok(())
}

fn standing(step: &Step<'_>, list: &str, vcon: String) -> Sql<Standing> {
    let sql = "DELETE FROM notes WHERE list = ?1 AND vcon = ?2 RETURNING vcon, lost_leases, checkpoint, context";
    let mut statement = step.db.prepare_cached(sql)?;
    let mut rows = statement.query((list, &vcon))?;
    if let Some(row) = rows.next()? {
        return Ok(Standing::from_row(row)?);
    }
    let context = lists::take_context(step, list, &vcon)?;
    Ok(Standing {
        vcon,
        lost_leases: 0,
        checkpoint: text_of(&Checkpoint::default())?,
        context,
    })
}

fn claim_one(step: &Step<'_>, list: &ListName, host: &HostId, vcon: String, lease_ms: i64) -> Sql<Claim> {
    let entry = standing(step, list.as_str(), vcon)?;
    let id = ClaimId::random();
    let sql = "INSERT INTO claims (claim, list, taken, vcon, host, lease_ms, lost_leases, checkpoint, context)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    step.db.prepare_cached(sql)?.execute((
        id.as_str(),
        list.as_str(),
        step.new_revision(),
        &entry.vcon,
        host.as_str(),
        lease_ms,
        entry.lost_leases,
        &entry.checkpoint,
        &entry.context,
    ))?;
    as_claim(id, list.clone(), entry)
}

fn as_claim(id: ClaimId, list: ListName, entry: Standing) -> Sql<Claim> {
    let checkpoint = entry.checkpoint();
    let vcon = VconId::new(&entry.vcon).map_err(Fault::damaged)?;
    Ok(Claim {
        id,
        list,
        vcon,
        checkpoint,
        lost_leases: entry.lost_leases,
        context: entry.context,
    })
}

fn read_all(db: &Connection, list: &ListName) -> Sql<Vec<(HostId, Claim)>> {
    let sql = "SELECT vcon, lost_leases, checkpoint, context, host, claim FROM claims WHERE list = ?1 ORDER BY taken";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([list.as_str()])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        let (host, claim): (String, String) = (row.get(4)?, row.get(5)?);
        let host = HostId::new(host).map_err(Fault::damaged)?;
        let id = ClaimId::new(claim).map_err(Fault::damaged)?;
        claims.push((host, as_claim(id, list.clone(), Standing::from_row(row)?)?));
    }
    Ok(claims)
}

/// When a lease that begins now runs out.
pub fn ends(now_ms: i64, lasts: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl ClaimStore for SqliteStore {
    async fn claim(
        &self,
        list: &ListName,
        host: &HostId,
        count: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let (list, host) = (list.clone(), host.clone());
        let count = u32::try_from(count).unwrap_or(MOST).min(MOST);
        let claim = move |step: &Step<'_>| {
            let found = lists::take_head(step, list.as_str(), count)?;
            let lease_ms = ends(step.now_ms, lease);
            found
                .into_iter()
                .map(|vcon| claim_one(step, &list, &host, vcon, lease_ms))
                .collect()
        };
        self.writer.run("claim", claim).await
    }

    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError> {
        let (list, claims) = (list.clone(), claims.to_vec());
        let renew = move |step: &Step<'_>| {
            let mut statement = step
                .db
                .prepare_cached("UPDATE claims SET lease_ms = ?3 WHERE claim = ?1 AND list = ?2")?;
            let mut lost = Vec::new();
            for claim in claims {
                if statement.execute((claim.as_str(), list.as_str(), ends(step.now_ms, lease)))? == 0 {
                    lost.push(claim);
                }
            }
            Ok(lost)
        };
        self.writer.run("renew", renew).await
    }

    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError> {
        let trail = Note::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let (claim, checkpoint, effects) = (claim.clone(), checkpoint.clone(), effects.clone());
        let work = move |step: &Step<'_>| {
            if held(step.db, &claim.list, &claim.id)?.is_none() {
                return Ok(Guarded::LostClaim);
            }
            let written = write_if_any(step, write.as_ref())?;
            if !matches!(written, Guarded::Done(_)) {
                return Ok(written);
            }
            let sql = "UPDATE claims SET checkpoint = ?2 WHERE claim = ?1";
            step.db
                .prepare_cached(sql)?
                .execute((claim.id.as_str(), text_of(&checkpoint)?))?;
            lists::apply(step, &effects)?;
            trail.add(step, &claim.vcon, checkpoint.current.as_ref())?;
            Ok(written)
        };
        self.writer.run("checkpoint", work).await
    }

    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError> {
        let list = list.clone();
        self.readers.run("claims", move |db| read_all(db, &list)).await
    }

    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError> {
        let id = id.clone();
        self.readers.run("trail", move |db| trails::read(db, id.as_str())).await
    }
}
