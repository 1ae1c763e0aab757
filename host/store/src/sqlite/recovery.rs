//! Recovery of entries that no worker holds: expired leases and parked runs.
//!
//! Guarantee: recovered entries come back to the head of their list, in the order in which they
//! were taken, with their checkpoints.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;

use super::entry_state::{EntryState, note};
use super::errors::{SqlError, SqlResult};
use super::guarded::drop_claim;
use super::letters::{bury, is_dead, record_text};
use super::lifetimes::{expiry, keep_dead};
use super::step::WriteStep;
use super::{SqliteStore, entries, holds};
use crate::recovery::MAX_STEPS;
use crate::{EntryRecovery, ErrorRecord, ListProgress, Reaped, StoreError, Survey};
use vcon_document::VconId;
use vconduit_base::clock::now_ms_signed as now_ms;
use vconduit_base::names::ListName;

/// Time in seconds for which an id that came back is remembered: the usual time for a hand-off.
const REMEMBERED_S: i64 = 3_600;
/// Entries in one step.
const MAX_ENTRIES: u32 = 200;

fn record(step: &WriteStep<'_>, class: &str, message: String, entry: Option<&EntryState>) -> ErrorRecord {
    let point = entry.map(EntryState::checkpoint).unwrap_or_default();
    ErrorRecord {
        chain: point.chain,
        link: None,
        version: None,
        class: class.to_owned(),
        message,
        attempts: entry.map_or(0, |entry| entry.lost_leases),
        current: point.current,
        at_ms: step.now_ms.unsigned_abs(),
    }
}

/// Recovery of one list in one step.
struct ListRecovery<'a> {
    step: &'a WriteStep<'a>,
    list: &'a ListName,
    dead_s: i64,
    returned: Vec<EntryState>,
    dead: Vec<String>,
}

impl ListRecovery<'_> {
    fn bury(&mut self, vcon: &str, class: &str, message: String, entry: Option<&EntryState>) -> SqlResult<()> {
        let record = record(self.step, class, message, entry);
        let letters = self.list.dead_letters();
        bury(self.step, letters.as_str(), vcon, &record_text(&record)?, self.dead_s)?;
        if let Some(current) = &record.current {
            keep_dead(self.step, current.as_str(), self.dead_s)?;
        }
        self.dead.push(vcon.to_owned());
        Ok(())
    }

    /// Ends the holds of a run that is a dead letter now.
    fn lets_go(&self, entry: &EntryState) -> SqlResult<()> {
        holds::moves(self.step, entry.current.as_deref(), None)?;
        holds::release(self.step, &entry.vcon)
    }

    /// Puts the returned entries on their list, so that the first one is the head.
    fn end(self) -> SqlResult<Reaped> {
        for entry in self.returned.iter().rev() {
            entries::push_head(self.step, self.list.as_str(), &entry.vcon)?;
            note(self.step, self.list.as_str(), entry)?;
        }
        let id = |text: &String| VconId::new(text).map_err(SqlError::damaged);
        Ok(Reaped {
            returned: self
                .returned
                .iter()
                .map(|entry| id(&entry.vcon))
                .collect::<SqlResult<_>>()?,
            dead: self.dead.iter().map(id).collect::<SqlResult<_>>()?,
        })
    }

    /// Returns true when there may be more.
    fn expired_leases(&mut self, max_lost: u32) -> SqlResult<bool> {
        // The last ones first: the next step puts those before them at the head.
        let sql = "SELECT vcon, lost_leases, checkpoint, context, current, claim, begun FROM
                     (SELECT * FROM claims WHERE list = ?1 AND lease_ms <= ?2 ORDER BY taken DESC LIMIT ?3) ORDER BY taken";
        let mut statement = self.step.db.prepare_cached(sql)?;
        let due = statement.query_map((self.list.as_str(), self.step.now_ms, MAX_ENTRIES), |row| {
            Ok((EntryState::from_row(row)?, row.get(5)?, row.get(6)?))
        })?;
        let due: Vec<(EntryState, String, bool)> = due.collect::<Result<_, _>>()?;
        let is_full = due.len() == MAX_ENTRIES as usize;
        for (mut entry, claim, has_begun) in due {
            drop_claim(self.step, &claim)?;
            // A claim that no worker has run has not harmed its worker.
            entry.lost_leases += u32::from(has_begun);
            if !has_begun || entry.lost_leases < max_lost {
                self.returned.push(entry);
                continue;
            }
            let message = format!(
                "the lease ran out {} times: each worker that took the entry stopped, hung or panicked",
                entry.lost_leases
            );
            self.bury(&entry.vcon, "lost-lease", message, Some(&entry))?;
            self.lets_go(&entry)?;
        }
        Ok(is_full)
    }

    /// Returns true when there may be more.
    fn resumed(&mut self) -> SqlResult<bool> {
        let back = entries::take_head(self.step, &format!("resume:{}", self.list), MAX_ENTRIES)?;
        let is_full = back.len() == MAX_ENTRIES as usize;
        for current in back {
            match self.take_parked(&current)? {
                Some(run) => {
                    self.remember_resumed(&current)?;
                    self.returned.push(run);
                }
                // A consumer that was not sure has pushed the id again.
                None if self.was_resumed(&current)? => {}
                // It came back too late: its run is a dead letter already, with a better reason.
                None if is_dead(self.step, self.list.dead_letters().as_str(), &current)? => {}
                None => {
                    let message = "the id came back from a hand-off, but no run was waiting for it".to_owned();
                    self.bury(&current, "resume", message, None)?;
                }
            }
        }
        Ok(is_full)
    }

    fn remember_resumed(&self, current: &str) -> SqlResult<()> {
        let sql = "INSERT INTO resumed (list, id, expires_ms) VALUES (?1, ?2, ?3)
                   ON CONFLICT (list, id) DO UPDATE SET expires_ms = ?3";
        let expires_ms = expiry(self.step.now_ms, REMEMBERED_S);
        self.step
            .db
            .prepare_cached(sql)?
            .execute((self.list.as_str(), current, expires_ms))?;
        Ok(())
    }

    fn was_resumed(&self, current: &str) -> SqlResult<bool> {
        let sql = "SELECT 1 FROM resumed WHERE list = ?1 AND id = ?2 AND expires_ms > ?3";
        let mut statement = self.step.db.prepare_cached(sql)?;
        Ok(statement.exists((self.list.as_str(), current, self.step.now_ms))?)
    }

    /// Takes the run that has waited longest for this id.
    fn take_parked(&self, current: &str) -> SqlResult<Option<EntryState>> {
        let sql = "DELETE FROM parked WHERE list = ?1 AND current = ?2 AND number =
                     (SELECT min(number) FROM parked WHERE list = ?1 AND current = ?2)
                   RETURNING vcon, lost_leases, checkpoint, context, nullif(current, vcon)";
        let mut statement = self.step.db.prepare_cached(sql)?;
        let mut rows = statement.query((self.list.as_str(), current))?;
        Ok(rows.next()?.map(EntryState::from_row).transpose()?)
    }

    /// Returns true when there may be more.
    fn parked_too_long(&mut self) -> SqlResult<bool> {
        let sql = "SELECT vcon, lost_leases, checkpoint, context, nullif(current, vcon), current, number FROM parked
                   WHERE list = ?1 AND ends_ms <= ?2 ORDER BY ends_ms LIMIT ?3";
        let mut statement = self.step.db.prepare_cached(sql)?;
        let late = statement.query_map((self.list.as_str(), self.step.now_ms, MAX_ENTRIES), |row| {
            Ok((EntryState::from_row(row)?, row.get(5)?, row.get(6)?))
        })?;
        let late: Vec<(EntryState, String, i64)> = late.collect::<Result<_, _>>()?;
        let is_full = late.len() == MAX_ENTRIES as usize;
        for (run, current, number) in late {
            let sql = "DELETE FROM parked WHERE list = ?1 AND current = ?2 AND number = ?3";
            self.step
                .db
                .prepare_cached(sql)?
                .execute((self.list.as_str(), &current, number))?;
            let message = "the vCon was handed off and did not come back in time".to_owned();
            self.bury(&run.vcon, "hand-off", message, Some(&run))?;
            self.lets_go(&run)?;
        }
        Ok(is_full)
    }
}

/// True when there is something to recover on a list.
fn is_due(db: &Connection, list: &str) -> SqlResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM claims WHERE list = ?1 AND lease_ms <= ?2)
                   OR EXISTS (SELECT 1 FROM parked WHERE list = ?1 AND ends_ms <= ?2)
                   OR EXISTS (SELECT 1 FROM entries WHERE list = ?3)";
    let arguments = (list, now_ms(), format!("resume:{list}"));
    Ok(db.prepare_cached(sql)?.query_row(arguments, |row| row.get(0))?)
}

#[async_trait]
impl EntryRecovery for SqliteStore {
    async fn survey(&self, ingress: &[ListName], counted: &[ListName], _lease: Duration) -> Result<Survey, StoreError> {
        let (ingress, counted) = (ingress.to_vec(), counted.to_vec());
        let survey = move |db: &Connection| {
            let mut lists: BTreeSet<String> = ingress.iter().map(|list| list.as_str().to_owned()).collect();
            let sql = "SELECT DISTINCT list FROM claims UNION SELECT DISTINCT list FROM parked";
            let mut statement = db.prepare_cached(sql)?;
            let worked = statement.query_map([], |row| row.get(0))?;
            for list in worked {
                lists.insert(list?);
            }
            let mut survey = Survey::default();
            for list in lists {
                if is_due(db, &list)? {
                    survey.due.push(ListName::new(list).map_err(SqlError::damaged)?);
                }
            }
            for list in &counted {
                survey.counts.push(entries::count(db, list.as_str())?);
            }
            Ok(survey)
        };
        self.readers.run("survey", survey).await
    }

    async fn progress(&self, list: &ListName) -> Result<ListProgress, StoreError> {
        let list = list.clone();
        let count = move |db: &Connection| {
            let sql = "SELECT (SELECT count(*) FROM claims WHERE list = ?1),
                              (SELECT count(DISTINCT current) FROM parked WHERE list = ?1)";
            let progress = db.prepare_cached(sql)?.query_row([list.as_str()], |row| {
                Ok(ListProgress {
                    claims: row.get(0)?,
                    parked: row.get(1)?,
                })
            })?;
            Ok(progress)
        };
        self.readers.run("progress", count).await
    }

    /// Does not wait after a gap: the file belongs to one process, which renews its own leases
    /// before it reaps.
    async fn reap(&self, list: &ListName, max_lost: u32, _lease: Duration) -> Result<Reaped, StoreError> {
        self.recover("reap", list, move |recovery| recovery.expired_leases(max_lost))
            .await
    }

    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError> {
        // While more ids wait, that of a late run may be among them.
        self.recover("resume", list, |recovery| {
            Ok(recovery.resumed()? || recovery.parked_too_long()?)
        })
        .await
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let list = list.clone();
        let read = move |db: &Connection| {
            let mut statement =
                db.prepare_cached("SELECT DISTINCT current FROM parked WHERE list = ?1 ORDER BY current")?;
            let ids = statement.query_map([list.as_str()], |row| row.get::<_, String>(0))?;
            ids.map(|id| VconId::new(id?).map_err(SqlError::damaged)).collect()
        };
        self.readers.run("parked", read).await
    }
}

impl SqliteStore {
    /// Runs `work` in steps of their own, until it says that there is no more.
    async fn recover<F>(&self, operation: &'static str, list: &ListName, work: F) -> Result<Reaped, StoreError>
    where
        F: Fn(&mut ListRecovery<'_>) -> SqlResult<bool> + Copy + Send + 'static,
    {
        let mut all = Reaped::default();
        for _ in 0..MAX_STEPS {
            let (list, dead_s) = (list.clone(), self.lifetimes.dead_letter_s);
            let step = move |step: &WriteStep<'_>| {
                let mut recovery = ListRecovery {
                    step,
                    list: &list,
                    dead_s,
                    returned: Vec::new(),
                    dead: Vec::new(),
                };
                let is_more = work(&mut recovery)?;
                Ok((recovery.end()?, is_more))
            };
            let (reaped, is_more) = self.writer.run(operation, step).await?;
            all.add(reaped);
            if !is_more {
                break;
            }
        }
        Ok(all)
    }
}
