//! The ends of a claim: finish, fail, give back, park.
//!
//! Guarantee: only the worker that still has the claim can end it, and only once.

use std::time::Duration;

use async_trait::async_trait;

use super::claims::{drop_claim, ends, held, note, text_of, write_if_any};
use super::dead_letters::{bury, record_text};
use super::errors::Sql;
use super::trails::Note;
use super::writer::Step;
use super::{SqliteStore, documents, lists};
use crate::{Checkpoint, Claim, ClaimEndings, Effects, ErrorRecord, Guarded, StoreError, Write};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

/// Gives an entry back to the head of its list, whoever holds it.
fn give_back(step: &Step<'_>, list: &ListName, claim: &ClaimId) -> Sql<Guarded> {
    let Some(entry) = held(step.db, list, claim)? else {
        return Ok(Guarded::LostClaim);
    };
    lists::push_head(step, list.as_str(), &entry.vcon)?;
    note(step, list.as_str(), &entry)?;
    drop_claim(step, claim.as_str())?;
    Ok(Guarded::Done(None))
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
        let trail = Note::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let work = move |step: &Step<'_>| {
            if held(step.db, &claim.list, &claim.id)?.is_none() {
                return Ok(Guarded::LostClaim);
            }
            let written = write_if_any(step, write.as_ref())?;
            if !matches!(written, Guarded::Done(_)) {
                return Ok(written);
            }
            for list in &egress {
                lists::push_with_context(
                    step,
                    list.as_str(),
                    current.as_str(),
                    claim.context.as_deref(),
                    context_s,
                )?;
            }
            lists::apply(step, &effects)?;
            trail.add(step, &claim.vcon, Some(&current))?;
            drop_claim(step, claim.id.as_str())?;
            Ok(written)
        };
        self.writer.run("finish", work).await
    }

    async fn fail(&self, claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Result<Guarded, StoreError> {
        let trail = Note::new(trail, self.lifetimes.trail_s);
        let (claim, record, dead_s) = (claim.clone(), record.clone(), self.lifetimes.dead_letter_s);
        let work = move |step: &Step<'_>| {
            if held(step.db, &claim.list, &claim.id)?.is_none() {
                return Ok(Guarded::LostClaim);
            }
            bury(
                step,
                claim.list.dead_letters().as_str(),
                claim.vcon.as_str(),
                &record_text(&record)?,
                dead_s,
            )?;
            // The document that the run was about must live as long as the dead letter, or no one can look into it.
            if let Some(current) = &record.current {
                documents::keep_dead(step, current.as_str(), dead_s)?;
            }
            trail.add(step, &claim.vcon, record.current.as_ref())?;
            drop_claim(step, claim.id.as_str())?;
            Ok(Guarded::Done(None))
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
        let trail = Note::new(effects.trail.as_deref(), self.lifetimes.trail_s);
        let work = move |step: &Step<'_>| {
            let Some(entry) = held(step.db, &claim.list, &claim.id)? else {
                return Ok(Guarded::LostClaim);
            };
            let written = write_if_any(step, write.as_ref())?;
            if !matches!(written, Guarded::Done(_)) {
                return Ok(written);
            }
            let current = checkpoint.current.as_ref().unwrap_or(&claim.vcon);
            let sql = "INSERT INTO parked (list, current, number, vcon, ends_ms, lost_leases, checkpoint, context)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            step.db.prepare_cached(sql)?.execute((
                claim.list.as_str(),
                current.as_str(),
                step.new_revision(),
                &entry.vcon,
                ends(step.now_ms, at_most),
                entry.lost_leases,
                text_of(&checkpoint)?,
                &entry.context,
            ))?;
            lists::push_with_context(
                step,
                hand_off.as_str(),
                current.as_str(),
                entry.context.as_deref(),
                context_s,
            )?;
            lists::apply(step, &effects)?;
            trail.add(step, &claim.vcon, Some(current))?;
            drop_claim(step, claim.id.as_str())?;
            Ok(written)
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
