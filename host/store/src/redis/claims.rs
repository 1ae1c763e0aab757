//! Claims: taking entries, keeping the lease, noting how far the run has come.
//!
//! Guarantee: an entry is on its list or under exactly one claim. Leases run by the server's clock, so hosts with
//! wrong clocks do no harm. An entry that cannot be an id becomes a dead letter and never stops the others.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use serde::{Deserialize, Serialize};

use super::arguments::Planned;
use super::errors::damaged;
use super::{RedisStore, keys, revision};
use crate::{Checkpoint, Claim, ClaimStore, Effects, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, HostId, ListName};

/// Most entries in one step: some 10 µs of Redis's time each.
const MOST: usize = 500;
/// How long it is remembered how a claim ended, for a step that is asked for again.
const MEMORY_MS: u64 = 30_000;

/// A claim as it is in the hash; written by `lua/claim.lua`.
#[derive(Deserialize)]
struct Kept {
    host: HostId,
    vcon: VconId,
    order: String,
    lost_leases: u32,
    context: Option<String>,
    checkpoint: Checkpoint,
}

/// What a checkpoint does, to know it again.
#[derive(Serialize)]
struct Step<'a> {
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
        let names: Vec<ClaimId> = (0..count.min(MOST)).map(|_| ClaimId::random()).collect();
        let dead = list.dead_letters();
        let mut call = self.scripts.claim.call(&[
            list.as_str(),
            &keys::claims(list),
            &keys::leases(list),
            &keys::resume(list),
            dead.as_str(),
            &keys::records(list),
            &keys::ended(list),
        ]);
        call.arg(json(host)?).arg(millis(lease)).arg(MEMORY_MS).arg(names.len());
        for name in &names {
            call.arg(name.as_str());
        }
        let answer: Vec<Vec<Value>> = self.connection.script("claim", &self.scripts.claim, &call).await?;
        let claim = |(id, entry)| claimed(list, id, entry).transpose();
        names.into_iter().zip(answer).filter_map(claim).collect()
    }

    async fn renew(&self, list: &ListName, claims: &[ClaimId], lease: Duration) -> Result<Vec<ClaimId>, StoreError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.renew.call(&[&keys::claims(list), &keys::leases(list)]);
        call.arg(millis(lease)).arg(claims.len());
        for claim in claims {
            call.arg(claim.as_str());
        }
        let lost: Vec<String> = self.connection.script("renew", &self.scripts.renew, &call).await?;
        Ok(claims
            .iter()
            .filter(|claim| lost.iter().any(|lost| lost == claim.as_str()))
            .cloned()
            .collect())
    }

    async fn checkpoint(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
    ) -> Result<Guarded, StoreError> {
        let write = write.as_ref();
        let planned = Planned::new(write, self.json);
        let step = Step {
            checkpoint,
            push: &effects.push,
            expire: &effects.expire,
            expected: write.map(|write| &*write.expected.0),
            new: write.map(|write| revision::of(&write.text, None).0.into()),
        };
        let mut call = self.scripts.checkpoint.call(&[&keys::claims(&claim.list)]);
        call.arg(claim.id.as_str())
            .arg(revision::sha1_hex(json(&step)?.as_bytes()))
            .arg(json(checkpoint)?);
        Self::append_effects(&mut call, effects);
        planned.append(&mut call);
        self.append_trail(
            &mut call,
            effects.trail.as_deref(),
            &claim.vcon,
            checkpoint.current.as_ref(),
        );
        let answer: Vec<String> = self
            .connection
            .staged_script("checkpoint", &self.scripts.checkpoint, planned.stage(), call)
            .await?;
        planned.guarded("checkpoint", &answer)
    }

    /// In the order in which the entries were taken.
    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError> {
        let kept: Vec<(String, String)> = self
            .connection
            .run("claims", redis::cmd("HGETALL").arg(keys::claims(list)))
            .await?;
        let mut claims = Vec::with_capacity(kept.len());
        for (id, text) in kept {
            let id = ClaimId::new(id).map_err(|error| damaged("claims", error))?;
            let kept: Kept = serde_json::from_str(&text).map_err(|error| damaged("claims", error))?;
            let Kept {
                host,
                vcon,
                order,
                lost_leases,
                context,
                checkpoint,
            } = kept;
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

/// An answer of `lua/claim.lua`; nothing for a claim id that was not used.
fn claimed(list: &ListName, id: ClaimId, entry: Vec<Value>) -> Result<Option<Claim>, StoreError> {
    if entry.is_empty() {
        return Ok(None);
    }
    let wrong = || damaged("claim", "unknown answer of a script");
    let (vcon, lost_leases, context, checkpoint): (String, u32, String, String) =
        redis::from_redis_value(Value::Array(entry)).map_err(|_| wrong())?;
    Ok(Some(Claim {
        id,
        list: list.clone(),
        vcon: VconId::new(vcon).map_err(|error| damaged("claim", error))?,
        // A checkpoint that a newer host wrote and this one can't read: begin anew rather than stop.
        checkpoint: serde_json::from_str(&checkpoint).unwrap_or_default(),
        lost_leases,
        context: Some(context).filter(|context| !context.is_empty()),
    }))
}

/// Redis takes signed 64-bit numbers, Lua exact whole numbers up to 2^53; a lease of 3000 years is long enough.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .min(100_000_000_000_000)
}

/// As JSON text. None of our types can fail here; if one does, it is an error and no crash.
pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| damaged("encode", error))
}
