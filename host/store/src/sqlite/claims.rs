//! Claims: taking entries, keeping leases, storing checkpoints.
//!
//! Guarantee: an entry is on its list or under exactly one claim.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;

use super::entry_state::{EntryState, checkpoint_text, take_note};
use super::errors::{SqlError, SqlResult};
use super::guarded::{apply, with_claim};
use super::lifetimes::end_of;
use super::step::WriteStep;
use super::trails::TrailNote;
use super::{SqliteStore, entries, holds, trails};
use crate::{Checkpoint, Claim, ClaimStore, Effects, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, HostId, ListName};

/// Entries in one step, so that no step delays the others for long.
const MAX_ENTRIES: u32 = 500;

fn claim_one(step: &WriteStep<'_>, list: &ListName, host: &HostId, vcon: String, lease_ms: i64) -> SqlResult<Claim> {
    let entry = take_note(step, list.as_str(), vcon)?;
    let id = ClaimId::random();
    let sql = "INSERT INTO claims (claim, list, taken, vcon, host, lease_ms, lost_leases, checkpoint, context, current)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
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
        &entry.current,
    ))?;
    holds::hold(step, &entry.vcon)?;
    as_claim(id, list.clone(), entry)
}

fn as_claim(id: ClaimId, list: ListName, entry: EntryState) -> SqlResult<Claim> {
    let checkpoint = entry.checkpoint();
    let vcon = VconId::new(&entry.vcon).map_err(SqlError::damaged)?;
    Ok(Claim {
        id,
        list,
        vcon,
        checkpoint,
        lost_leases: entry.lost_leases,
        context: entry.context,
    })
}

fn read_all(db: &Connection, list: &ListName) -> SqlResult<Vec<(HostId, Claim)>> {
    let sql = "SELECT vcon, lost_leases, checkpoint, context, current, host, claim FROM claims WHERE list = ?1 ORDER BY taken";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([list.as_str()])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        let (host, claim): (String, String) = (row.get(5)?, row.get(6)?);
        let host = HostId::new(host).map_err(SqlError::damaged)?;
        let id = ClaimId::new(claim).map_err(SqlError::damaged)?;
        claims.push((host, as_claim(id, list.clone(), EntryState::from_row(row)?)?));
    }
    Ok(claims)
}

impl SqliteStore {
    /// Renews leases, and begins the runs if `begins`. Returns the claims that are lost.
    async fn extend(
        &self,
        operation: &'static str,
        begins: bool,
        list: &ListName,
        claims: &[ClaimId],
        lease: Duration,
    ) -> Result<Vec<ClaimId>, StoreError> {
        let (list, claims) = (list.clone(), claims.to_vec());
        let extend = move |step: &WriteStep<'_>| {
            let sql = "UPDATE claims SET lease_ms = ?3, begun = max(begun, ?4) WHERE claim = ?1 AND list = ?2";
            let mut statement = step.db.prepare_cached(sql)?;
            let end_ms = end_of(step.now_ms, lease);
            let mut lost = Vec::new();
            for claim in claims {
                if statement.execute((claim.as_str(), list.as_str(), end_ms, begins))? == 0 {
                    lost.push(claim);
                }
            }
            Ok(lost)
        };
        self.writer.run(operation, extend).await
    }
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
        let count = u32::try_from(count).unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES);
        let claim = move |step: &WriteStep<'_>| {
            let found = entries::take_head(step, list.as_str(), count)?;
            let lease_ms = end_of(step.now_ms, lease);
            found
                .into_iter()
                .map(|vcon| claim_one(step, &list, &host, vcon, lease_ms))
                .collect()
        };
        self.writer.run("claim", claim).await
    }

    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError> {
        self.extend("renew", false, list, claims, lease).await
    }

    async fn begin(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError> {
        self.extend("begin", true, list, claims, lease).await
    }

    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError> {
        let trail = TrailNote::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let (claim, checkpoint, effects) = (claim.clone(), checkpoint.clone(), effects.clone());
        let work = move |step: &WriteStep<'_>| {
            with_claim(step, &claim, write.as_ref(), effects.needs.as_ref(), |entry| {
                let current = checkpoint.current.as_ref().map(VconId::as_str);
                step.db
                    .prepare_cached("UPDATE claims SET checkpoint = ?2, current = ?3, begun = 1 WHERE claim = ?1")?
                    .execute((claim.id.as_str(), checkpoint_text(&checkpoint)?, current))?;
                holds::moves(step, entry.current.as_deref(), current)?;
                apply(step, &effects)?;
                trail.add(step, &claim.vcon, checkpoint.current.as_ref())
            })
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
