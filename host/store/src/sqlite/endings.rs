//! The ends of a claim: finish, fail, hand back, park, requeue.
//!
//! Guarantee: only the worker that still has the claim can end it, and only once.

use std::time::Duration;

use async_trait::async_trait;

use super::entry_state::{EntryState, checkpoint_text, note};
use super::errors::SqlResult;
use super::guarded::{apply, drop_claim, end_claim, held, with_claim};
use super::letters::{bury, record_text};
use super::lifetimes::{end_of, keep_dead};
use super::step::WriteStep;
use super::trails::TrailNote;
use super::{SqliteStore, entries, holds};
use crate::{Checkpoint, Claim, ClaimEndings, Effects, ErrorRecord, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

/// Returns an entry to the head of its list, whichever worker holds it.
fn give_back(step: &WriteStep<'_>, list: &ListName, claim: &ClaimId) -> SqlResult<Guarded> {
    let Some(entry) = held(step.db, list, claim)? else {
        return Ok(Guarded::LostClaim);
    };
    entries::push_head(step, list.as_str(), &entry.vcon)?;
    note(step, list.as_str(), &entry)?;
    drop_claim(step, claim.as_str())?;
    Ok(Guarded::Done(None))
}

fn keep_parked(
    step: &WriteStep<'_>,
    list: &ListName,
    entry: &EntryState,
    checkpoint: &Checkpoint,
    current: &VconId,
    at_most: Duration,
) -> SqlResult<()> {
    let sql = "INSERT INTO parked (list, current, number, vcon, ends_ms, lost_leases, checkpoint, context)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    step.db.prepare_cached(sql)?.execute((
        list.as_str(),
        current.as_str(),
        step.new_revision(),
        &entry.vcon,
        end_of(step.now_ms, at_most),
        entry.lost_leases,
        checkpoint_text(checkpoint)?,
        &entry.context,
    ))?;
    Ok(())
}

#[async_trait]
impl ClaimEndings for SqliteStore {
    async fn finish(
        &self,
        claim: &Claim,
        current: &VconId,
        write: Option<Write>,
        effects: &Effects,
        egress: &[ListName],
    ) -> Result<Guarded, StoreError> {
        let (claim, current, effects, egress) = (claim.clone(), current.clone(), effects.clone(), egress.to_vec());
        let context_s = self.lifetimes.context_s;
        let trail = TrailNote::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let work = move |step: &WriteStep<'_>| {
            with_claim(step, &claim, write.as_ref(), effects.needs.as_ref(), |entry| {
                let context = claim.context.as_deref();
                for list in &egress {
                    entries::push_with_context(step, list.as_str(), current.as_str(), context, context_s)?;
                }
                end_claim(step, claim.id.as_str(), entry)?;
                if current != claim.vcon && entry.current.as_deref() != Some(current.as_str()) {
                    holds::touch(step, current.as_str())?;
                }
                apply(step, &effects)?;
                trail.add(step, &claim.vcon, Some(&current))
            })
        };
        self.writer.run("finish", work).await
    }

    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError> {
        let trail = TrailNote::new(trail, self.lifetimes.trail_s);
        let (claim, record, dead_s) = (claim.clone(), record.clone(), self.lifetimes.dead_letter_s);
        let work = move |step: &WriteStep<'_>| {
            with_claim(step, &claim, None, None, |entry| {
                let letters = claim.list.dead_letters();
                bury(
                    step,
                    letters.as_str(),
                    claim.vcon.as_str(),
                    &record_text(&record)?,
                    dead_s,
                )?;
                // The document that the run was about must live as long as the dead letter, so that
                // people can look into it.
                if let Some(current) = &record.current {
                    keep_dead(step, current.as_str(), dead_s)?;
                }
                trail.add(step, &claim.vcon, record.current.as_ref())?;
                end_claim(step, claim.id.as_str(), entry)
            })
        };
        self.writer.run("fail", work).await
    }

    async fn hand_back(&self, claim: &Claim) -> Result<Guarded, StoreError> {
        let (id, list) = (claim.id.clone(), claim.list.clone());
        self.writer
            .run("hand back", move |step| give_back(step, &list, &id))
            .await
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
        let (claim, checkpoint, effects, hand_off) =
            (claim.clone(), checkpoint.clone(), effects.clone(), hand_off.clone());
        let context_s = self.lifetimes.context_s;
        let trail = TrailNote::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let work = move |step: &WriteStep<'_>| {
            with_claim(step, &claim, write.as_ref(), effects.needs.as_ref(), |entry| {
                let current = checkpoint.current.as_ref().unwrap_or(&claim.vcon);
                keep_parked(step, &claim.list, entry, &checkpoint, current, at_most)?;
                holds::hold(step, current.as_str())?;
                let context = entry.context.as_deref();
                entries::push_with_context(step, hand_off.as_str(), current.as_str(), context, context_s)?;
                apply(step, &effects)?;
                trail.add(step, &claim.vcon, Some(current))?;
                drop_claim(step, claim.id.as_str())?;
                entry
                    .current
                    .as_deref()
                    .map_or(Ok(()), |before| holds::release(step, before))
            })
        };
        self.writer.run("park", work).await
    }

    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError> {
        let (list, claim) = (list.clone(), claim.clone());
        let ended = self
            .writer
            .run("requeue claim", move |step| give_back(step, &list, &claim))
            .await?;
        Ok(matches!(ended, Guarded::Done(_)))
    }
}
