//! Claims: taking entries, keeping leases, storing checkpoints.
//!
//! Guarantee: an entry is on its list or under exactly one claim. Leases run by the server's clock,
//! so a host with a wrong clock does no harm. An entry that can't be an id becomes a dead letter
//! and never stops the others.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use serde::{Deserialize, Serialize};

use super::arguments::PlannedWrite;
use super::encode::{json, millis};
use super::errors::damaged;
use super::{RedisStore, keys, revision};
use crate::{Checkpoint, Claim, ClaimStore, Effects, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, HostId, ListName};

/// Entries in one step. Each takes some 10 µs of the server's time.
const MAX_ENTRIES: usize = 500;
/// Time for which the end of a claim is remembered, in milliseconds, so that a step can be sent
/// again.
const MEMORY_MS: u64 = 30_000;

/// A claim as it is stored in the hash by `lua/claim.lua`.
#[derive(Deserialize)]
struct StoredClaim {
    host: HostId,
    vcon: VconId,
    order: String,
    lost_leases: u32,
    context: Option<String>,
    checkpoint: Checkpoint,
}

/// Everything that a checkpoint step changes. Its hash identifies the step when it is sent again.
#[derive(Serialize)]
struct CheckpointIdentity<'a> {
    checkpoint: &'a Checkpoint,
    push: &'a [(ListName, VconId)],
    expire: &'a [(VconId, i64)],
    expected: Option<&'a str>,
    new: Option<String>,
}

#[async_trait]
impl ClaimStore for RedisStore {
    async fn claim(
        &self,
        list: &ListName,
        host: &HostId,
        count: usize,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let names: Vec<ClaimId> = (0..count.min(MAX_ENTRIES)).map(|_| ClaimId::random()).collect();
        let dead = list.dead_letters();
        let mut call = self.scripts.claim.call(&[
            list.as_str(),
            &keys::claims(list),
            &keys::leases(list),
            &keys::resume(list),
            dead.as_str(),
            &keys::records(list),
            &keys::ended(list),
            keys::WORKED_LISTS,
        ]);
        call.arg(json(host)?).arg(millis(lease)).arg(MEMORY_MS).arg(names.len());
        for name in &names {
            call.arg(name.as_str());
        }
        let reply: Vec<Vec<Value>> = self.connection.script("claim", &self.scripts.claim, &call).await?;
        let claim = |(id, entry)| claimed(list, id, entry).transpose();
        names.into_iter().zip(reply).filter_map(claim).collect()
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
        let write = write.as_ref();
        let planned = PlannedWrite::new(write, self.json);
        let identity = CheckpointIdentity {
            checkpoint,
            push: &effects.push,
            expire: &effects.expire,
            expected: write.map(|write| &*write.expected.0),
            new: write.map(|write| revision::of(&write.text, None).0.into()),
        };
        let mut call = self.scripts.checkpoint.call(&[&keys::claims(&claim.list)]);
        call.arg(claim.id.as_str())
            .arg(revision::sha1_hex(json(&identity)?.as_bytes()))
            .arg(json(checkpoint)?);
        Self::append_effects(&mut call, effects);
        planned.append(&mut call);
        self.append_trail(
            &mut call,
            effects.trail.as_deref(),
            &claim.vcon,
            checkpoint.current.as_ref(),
        );
        let reply: Vec<String> = self
            .connection
            .confirmed("checkpoint", &self.scripts.checkpoint, planned.stage(), call)
            .await?;
        planned.guarded("checkpoint", &reply)
    }

    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError> {
        let kept: Vec<(String, String)> = self
            .connection
            .run("claims", redis::cmd("HGETALL").arg(keys::claims(list)))
            .await?;
        let mut claims = Vec::with_capacity(kept.len());
        for (id, text) in kept {
            let id = ClaimId::new(id).map_err(|error| damaged("claims", error))?;
            let StoredClaim {
                host,
                vcon,
                order,
                lost_leases,
                context,
                checkpoint,
            } = serde_json::from_str(&text).map_err(|error| damaged("claims", error))?;
            claims.push((
                order,
                host,
                Claim {
                    id,
                    list: list.clone(),
                    vcon,
                    checkpoint,
                    lost_leases,
                    context,
                },
            ));
        }
        claims.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(claims.into_iter().map(|(_, host, claim)| (host, claim)).collect())
    }

    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError> {
        let mut command = redis::cmd("LRANGE");
        command.arg(keys::trail(id)).arg(0).arg(-1);
        self.connection.run("trail", &command).await
    }
}

impl RedisStore {
    /// Renews leases, and begins the runs if `begins`. Returns the claims that are lost.
    async fn extend(
        &self,
        operation: &'static str,
        begins: bool,
        list: &ListName,
        claims: &[ClaimId],
        lease: Duration,
    ) -> Result<Vec<ClaimId>, StoreError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.renew.call(&[&keys::claims(list), &keys::leases(list)]);
        call.arg(millis(lease)).arg(u8::from(begins)).arg(claims.len());
        for claim in claims {
            call.arg(claim.as_str());
        }
        let lost: Vec<String> = self.connection.script(operation, &self.scripts.renew, &call).await?;
        Ok(claims
            .iter()
            .filter(|claim| lost.iter().any(|lost| lost == claim.as_str()))
            .cloned()
            .collect())
    }
}

/// Reads one element of the reply of `lua/claim.lua`. `None` for a claim id that was not used.
fn claimed(list: &ListName, id: ClaimId, entry: Vec<Value>) -> Result<Option<Claim>, StoreError> {
    if entry.is_empty() {
        return Ok(None);
    }
    let wrong = || damaged("claim", "unknown reply of a script");
    let (vcon, lost_leases, context, checkpoint): (String, u32, String, String) =
        redis::from_redis_value(Value::Array(entry)).map_err(|_| wrong())?;
    Ok(Some(Claim {
        id,
        list: list.clone(),
        vcon: VconId::new(vcon).map_err(|error| damaged("claim", error))?,
        // A checkpoint that a newer host wrote and this one can't read: the run begins anew instead
        // of stopping.
        checkpoint: serde_json::from_str(&checkpoint).unwrap_or_default(),
        lost_leases,
        context: Some(context).filter(|context| !context.is_empty()),
    }))
}
