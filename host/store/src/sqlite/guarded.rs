//! Steps that need a claim.
//!
//! Guarantee: a step whose claim is lost, or whose write is refused, changes nothing.

use rusqlite::{Connection, OptionalExtension};

use super::entry_state::EntryState;
use super::errors::SqlResult;
use super::step::WriteStep;
use super::{documents, entries, holds, lifetimes};
use crate::{Claim, Effects, Guarded, NeededDocument, Write};
use vconduit_base::names::{ClaimId, ListName};

/// Returns the state of the entry under a claim. `None` when the claim is lost.
pub fn held(db: &Connection, list: &ListName, claim: &ClaimId) -> SqlResult<Option<EntryState>> {
    let sql = "SELECT vcon, lost_leases, checkpoint, context, current FROM claims WHERE claim = ?1 AND list = ?2";
    Ok(db
        .prepare_cached(sql)?
        .query_row([claim.as_str(), list.as_str()], EntryState::from_row)
        .optional()?)
}

/// Makes the write (if given) and then the rest of a step, if the claim is still held and the
/// document that the step needs is there.
pub fn with_claim(
    step: &WriteStep<'_>,
    claim: &Claim,
    write: Option<&Write>,
    needs: Option<&NeededDocument>,
    rest: impl FnOnce(&EntryState) -> SqlResult<()>,
) -> SqlResult<Guarded> {
    let Some(entry) = held(step.db, &claim.list, &claim.id)? else {
        return Ok(Guarded::LostClaim);
    };
    if let Some(refusal) = needs
        .map(|needed| documents::unmet(step, needed))
        .transpose()?
        .flatten()
    {
        return Ok(refusal);
    }
    let written = match write {
        None => Guarded::Done(None),
        Some(write) => documents::overwrite(step, write)?,
    };
    if matches!(written, Guarded::Done(_)) {
        rest(&entry)?;
    }
    Ok(written)
}

/// Deletes a claim.
pub fn drop_claim(step: &WriteStep<'_>, claim: &str) -> SqlResult<()> {
    step.db
        .prepare_cached("DELETE FROM claims WHERE claim = ?1")?
        .execute([claim])?;
    Ok(())
}

/// Ends a claim and its holds.
pub fn end_claim(step: &WriteStep<'_>, claim: &str, entry: &EntryState) -> SqlResult<()> {
    drop_claim(step, claim)?;
    holds::moves(step, entry.current.as_deref(), None)?;
    holds::release(step, &entry.vcon)
}

/// Applies the pushes and lifetimes of a run.
pub fn apply(step: &WriteStep<'_>, effects: &Effects) -> SqlResult<()> {
    for (list, id) in &effects.push {
        entries::push(step, list.as_str(), id.as_str())?;
    }
    for (id, seconds) in &effects.expire {
        lifetimes::set(step, id.as_str(), *seconds)?;
    }
    Ok(())
}
