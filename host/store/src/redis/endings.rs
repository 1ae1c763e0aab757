//! The ends of a claim: finish, fail, hand back, park, requeue.
//!
//! Guarantee: only the worker that still has the claim can end it, and only once. The same ending
//! sent again, because its reply was lost with the connection, returns `Done` for half a minute.

use std::time::Duration;

use async_trait::async_trait;

use super::RedisStore;
use super::arguments::PlannedWrite;
use super::encode::{json, millis};
use super::keys;
use crate::{Checkpoint, Claim, ClaimEndings, Effects, ErrorRecord, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

#[async_trait]
impl ClaimEndings for RedisStore {
    async fn finish(
        &self,
        claim: &Claim,
        current: &VconId,
        write: Option<Write>,
        effects: &Effects,
        egress: &[ListName],
    ) -> Result<Guarded, StoreError> {
        let planned = PlannedWrite::new(write.as_ref(), self.json);
        let list = &claim.list;
        let mut call = self
            .scripts
            .finish
            .call(&[&keys::claims(list), &keys::leases(list), &keys::ended(list)]);
        call.arg(claim.id.as_str())
            .arg(claim.vcon.as_str())
            .arg(current.as_str());
        self.append_targets(&mut call, claim.context.as_deref(), egress);
        Self::append_effects(&mut call, effects);
        planned.append(&mut call);
        self.append_trail(&mut call, effects.trail.as_deref(), &claim.vcon, Some(current));
        let reply: Vec<String> = self
            .connection
            .confirmed("finish", &self.scripts.finish, planned.stage(), call)
            .await?;
        planned.guarded("finish", &reply)
    }

    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError> {
        let list = &claim.list;
        let dead = list.dead_letters();
        let mut call = self.scripts.fail.call(&[
            &keys::claims(list),
            &keys::leases(list),
            &keys::ended(list),
            dead.as_str(),
            &keys::records(list),
        ]);
        call.arg(claim.id.as_str())
            .arg(claim.vcon.as_str())
            .arg(json(record)?)
            .arg(self.lifetimes.dead_letter_s);
        // The document that the run was about must live as long as the dead letter, so that people
        // can look into it.
        let current = record.current.as_ref().filter(|current| **current != claim.vcon);
        call.arg(1 + usize::from(current.is_some())).arg(claim.vcon.as_str());
        if let Some(current) = current {
            call.arg(current.as_str());
        }
        self.append_trail(&mut call, trail, &claim.vcon, current);
        let reply: Vec<String> = self
            .connection
            .confirmed("fail", &self.scripts.fail, None, call)
            .await?;
        PlannedWrite::new(None, self.json).guarded("fail", &reply)
    }

    async fn hand_back(&self, claim: &Claim) -> Result<Guarded, StoreError> {
        self.give_back("hand back", &claim.list, &claim.id, "back").await
    }

    async fn park(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        write: Option<Write>,
        effects: &Effects,
        hand_off: &ListName,
        at_most: Duration,
    ) -> Result<Guarded, StoreError> {
        let planned = PlannedWrite::new(write.as_ref(), self.json);
        let list = &claim.list;
        let mut call = self.scripts.park.call(&[
            &keys::claims(list),
            &keys::leases(list),
            &keys::ended(list),
            &keys::parked(list),
            &keys::parked_until(list),
        ]);
        let current = checkpoint.current.as_ref().unwrap_or(&claim.vcon);
        call.arg(claim.id.as_str())
            .arg(current.as_str())
            .arg(json(checkpoint)?)
            .arg(millis(at_most));
        self.append_targets(&mut call, claim.context.as_deref(), std::slice::from_ref(hand_off));
        Self::append_effects(&mut call, effects);
        planned.append(&mut call);
        self.append_trail(&mut call, effects.trail.as_deref(), &claim.vcon, Some(current));
        let reply: Vec<String> = self
            .connection
            .confirmed("park", &self.scripts.park, planned.stage(), call)
            .await?;
        planned.guarded("park", &reply)
    }

    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError> {
        let ended = self.give_back("requeue claim", list, claim, "force").await?;
        Ok(matches!(ended, Guarded::Done(_)))
    }
}

impl RedisStore {
    /// Returns an entry to the head of its list. The end of the claim is remembered as `how`.
    async fn give_back(
        &self,
        operation: &'static str,
        list: &ListName,
        claim: &ClaimId,
        how: &str,
    ) -> Result<Guarded, StoreError> {
        let mut call = self.scripts.hand_back.call(&[
            list.as_str(),
            &keys::claims(list),
            &keys::leases(list),
            &keys::ended(list),
            &keys::resume(list),
        ]);
        call.arg(claim.as_str()).arg(how);
        let reply: Vec<String> = self
            .connection
            .script(operation, &self.scripts.hand_back, &call)
            .await?;
        PlannedWrite::new(None, self.json).guarded(operation, &reply)
    }
}
