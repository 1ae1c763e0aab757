//! What brings entries back that no worker holds: expired leases, and runs that were handed off.
//!
//! Guarantee: what was first on the list is first on it again, and goes on at its checkpoint.

use async_trait::async_trait;
use rusqlite::Connection;

use super::claims::{Standing, drop_claim, note};
use super::dead_letters::{bury, is_dead, record_text};
use super::errors::{Fault, Sql};
use super::writer::Step;
use super::{SqliteStore, documents, lists};
use crate::{EntryRecovery, ErrorRecord, Reaped, StoreError};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Most entries in one step.
const MOST: u32 = 200;

fn record(step: &Step<'_>, class: &str, message: String, entry: Option<&Standing>) -> ErrorRecord {
    let point = entry.map(Standing::checkpoint).unwrap_or_default();
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

/// One list's recovery in one step.
struct Recovery<'a> {
    step: &'a Step<'a>,
    list: &'a ListName,
    dead_s: i64,
    returned: Vec<Standing>,
    dead: Vec<String>,
}

impl Recovery<'_> {
    fn die(&mut self, vcon: &str, class: &str, message: String, entry: Option<&Standing>) -> Sql<()> {
        let record = record(self.step, class, message, entry);
        bury(
            self.step,
            self.list.dead_letters().as_str(),
            vcon,
            &record_text(&record)?,
            self.dead_s,
        )?;
        if let Some(current) = &record.current {
            documents::keep_dead(self.step, current.as_str(), self.dead_s)?;
        }
        self.dead.push(vcon.to_owned());
        Ok(())
    }

    /// What came first is to be first on the list.
    fn end(self) -> Sql<Reaped> {
        for entry in self.returned.iter().rev() {
            lists::push_head(self.step, self.list.as_str(), &entry.vcon)?;
            note(self.step, self.list.as_str(), entry)?;
        }
        let id = |text: &String| VconId::new(text).map_err(Fault::damaged);
        Ok(Reaped {
            returned: self.returned.iter().map(|entry| id(&entry.vcon)).collect::<Sql<_>>()?,
            dead: self.dead.iter().map(id).collect::<Sql<_>>()?,
        })
    }

    fn expired_leases(&mut self, max_lost: u32) -> Sql<()> {
        let sql = "SELECT vcon, lost_leases, checkpoint, context, claim FROM
                     (SELECT * FROM claims WHERE list = ?1 AND lease_ms <= ?2 ORDER BY lease_ms LIMIT ?3) ORDER BY taken";
        let mut statement = self.step.db.prepare_cached(sql)?;
        let due = statement.query_map((self.list.as_str(), self.step.now_ms, MOST), |row| {
            Ok((Standing::from_row(row)?, row.get(4)?))
        })?;
        let due: Vec<(Standing, String)> = due.collect::<Result<_, _>>()?;
        for (mut entry, claim) in due {
            drop_claim(self.step, &claim)?;
            entry.lost_leases += 1;
            if entry.lost_leases < max_lost {
                self.returned.push(entry);
                continue;
            }
            let message = format!(
                "the lease ran out {} times: each worker that took the entry stopped, hung or panicked",
                entry.lost_leases
            );
            self.die(&entry.vcon, "lost-lease", message, Some(&entry))?;
        }
        Ok(())
    }

    fn came_back(&mut self) -> Sql<()> {
        let back = lists::take_head(self.step, &format!("resume:{}", self.list), MOST)?;
        for current in back {
            let sql = "DELETE FROM parked WHERE list = ?1 AND current = ?2 AND number =
                         (SELECT min(number) FROM parked WHERE list = ?1 AND current = ?2)
                       RETURNING vcon, lost_leases, checkpoint, context";
            let mut statement = self.step.db.prepare_cached(sql)?;
            let mut rows = statement.query((self.list.as_str(), &current))?;
            let run = rows.next()?.map(Standing::from_row).transpose()?;
            drop(rows);
            match run {
                Some(run) => self.returned.push(run),
                // Back too late: its run has died, and the letter with the better reason is there.
                None if is_dead(self.step, self.list.dead_letters().as_str(), &current)? => {}
                None => {
                    let message = "the id came back from a hand-off, but no run was waiting for it".to_owned();
                    self.die(&current, "resume", message, None)?;
                }
            }
        }
        Ok(())
    }

    fn parked_too_long(&mut self) -> Sql<()> {
        let sql = "SELECT vcon, lost_leases, checkpoint, context, current, number FROM parked
                   WHERE list = ?1 AND ends_ms <= ?2 ORDER BY ends_ms LIMIT ?3";
        let mut statement = self.step.db.prepare_cached(sql)?;
        let late = statement.query_map((self.list.as_str(), self.step.now_ms, MOST), |row| {
            Ok((Standing::from_row(row)?, row.get(4)?, row.get(5)?))
        })?;
        let late: Vec<(Standing, String, i64)> = late.collect::<Result<_, _>>()?;
        for (run, current, number) in late {
            let sql = "DELETE FROM parked WHERE list = ?1 AND current = ?2 AND number = ?3";
            self.step
                .db
                .prepare_cached(sql)?
                .execute((self.list.as_str(), &current, number))?;
            let message = "the vCon was handed off and did not come back in time".to_owned();
            self.die(&run.vcon, "hand-off", message, Some(&run))?;
        }
        Ok(())
    }
}

#[async_trait]
impl EntryRecovery for SqliteStore {
    async fn reap(&self, list: &ListName, max_lost: u32) -> Result<Reaped, StoreError> {
        self.recover("reap", list, move |recovery| recovery.expired_leases(max_lost))
            .await
    }

    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError> {
        self.recover("resume", list, |recovery| {
            recovery.came_back()?;
            recovery.parked_too_long()
        })
        .await
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let list = list.clone();
        let read = move |db: &Connection| {
            let mut statement =
                db.prepare_cached("SELECT DISTINCT current FROM parked WHERE list = ?1 ORDER BY current")?;
            let ids = statement.query_map([list.as_str()], |row| row.get::<_, String>(0))?;
            ids.map(|id| VconId::new(id?).map_err(Fault::damaged)).collect()
        };
        self.readers.run("parked", read).await
    }
}

impl SqliteStore {
    async fn recover<F>(&self, operation: &'static str, list: &ListName, work: F) -> Result<Reaped, StoreError>
    where
        F: FnOnce(&mut Recovery<'_>) -> Sql<()> + Send + 'static,
    {
        let (list, dead_s) = (list.clone(), self.lifetimes.dead_letter_s);
        let all = move |step: &Step<'_>| {
            let mut recovery = Recovery {
                step,
                list: &list,
                dead_s,
                returned: Vec::new(),
                dead: Vec::new(),
            };
            work(&mut recovery)?;
            recovery.end()
        };
        self.writer.run(operation, all).await
    }
}
