//! Recovery of entries that no worker holds: expired leases and parked runs.
//!
//! Guarantee: recovered entries come back to the head of their list, in the order in which they
//! were taken, with their checkpoints.

use std::time::Duration;

use async_trait::async_trait;
use redis::Cmd;

use super::encode::millis;
use super::errors::damaged;
use super::scripts::Script;
use super::{RedisStore, keys};
use crate::recovery::MAX_STEPS;
use crate::{EntryRecovery, ListProgress, Reaped, StoreError, Survey};
use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Entries in one step, so that no step keeps Redis busy for more than some milliseconds.
const MAX_ENTRIES: u64 = 200;
/// Expired claims that are put in order before a step takes the last ones: all that one call can
/// return. Sorting as many takes Redis some 20 ms.
const MAX_SORTED: u64 = MAX_ENTRIES * MAX_STEPS as u64;

/// Reply of the scripts: ids returned, ids that became dead letters, number of entries examined.
type RecoveryReply = (Vec<String>, Vec<String>, u64);

#[async_trait]
impl EntryRecovery for RedisStore {
    async fn survey(&self, ingress: &[ListName], counted: &[ListName], lease: Duration) -> Result<Survey, StoreError> {
        let mut call = self.scripts.survey.call(&[keys::CONTACT, keys::WORKED_LISTS]);
        call.arg(millis(lease));
        for lists in [ingress, counted] {
            call.arg(lists.len());
            for list in lists {
                call.arg(list.as_str());
            }
        }
        let (due, counts): (Vec<String>, Vec<u64>) =
            self.connection.script("survey", &self.scripts.survey, &call).await?;
        let due: Result<Vec<ListName>, _> = due.into_iter().map(ListName::new).collect();
        Ok(Survey {
            due: due.map_err(|error| damaged("survey", error))?,
            counts,
        })
    }

    async fn progress(&self, list: &ListName) -> Result<ListProgress, StoreError> {
        let mut commands = redis::pipe();
        commands.cmd("HLEN").arg(keys::claims(list));
        commands.cmd("HLEN").arg(keys::parked(list));
        let counts = self.connection.run_all("progress", &commands).await?;
        let (claims, parked): (u32, u32) =
            redis::from_redis_value(redis::Value::Array(counts)).map_err(|error| damaged("progress", error))?;
        Ok(ListProgress { claims, parked })
    }

    async fn reap(&self, list: &ListName, max_lost: u32, lease: Duration) -> Result<Reaped, StoreError> {
        let dead = list.dead_letters();
        let mut call = self.scripts.reap.call(&[
            list.as_str(),
            &keys::claims(list),
            &keys::leases(list),
            &keys::resume(list),
            dead.as_str(),
            &keys::records(list),
            keys::CONTACT,
        ]);
        call.arg(millis(lease))
            .arg(max_lost)
            .arg(self.lifetimes.dead_letter_s)
            .arg(MAX_ENTRIES)
            .arg(MAX_SORTED);
        self.recover("reap", &self.scripts.reap, &call).await
    }

    async fn resume(&self, list: &ListName) -> Result<Reaped, StoreError> {
        let dead = list.dead_letters();
        let mut call = self.scripts.resume.call(&[
            list.as_str(),
            &keys::resumed_ids(list),
            &keys::resume(list),
            &keys::parked(list),
            &keys::parked_until(list),
            dead.as_str(),
            &keys::records(list),
        ]);
        call.arg(self.lifetimes.dead_letter_s).arg(MAX_ENTRIES);
        self.recover("resume", &self.scripts.resume, &call).await
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let ids: Vec<String> = self
            .connection
            .run("parked", redis::cmd("HKEYS").arg(keys::parked(list)))
            .await?;
        let ids: Result<Vec<VconId>, _> = ids.into_iter().map(VconId::new).collect();
        let mut ids = ids.map_err(|error| damaged("parked", error))?;
        ids.sort();
        Ok(ids)
    }
}

impl RedisStore {
    /// Runs a recovery script until it finds fewer entries than it may examine.
    async fn recover(&self, operation: &'static str, script: &Script, call: &Cmd) -> Result<Reaped, StoreError> {
        let mut all = Reaped::default();
        for _ in 0..MAX_STEPS {
            let (returned, dead, examined): RecoveryReply = self.connection.script(operation, script, call).await?;
            all.add(reaped(returned, dead)?);
            if examined < MAX_ENTRIES {
                break;
            }
        }
        Ok(all)
    }
}

fn reaped(returned: Vec<String>, dead: Vec<String>) -> Result<Reaped, StoreError> {
    let ids = |texts: Vec<String>| texts.into_iter().map(VconId::new).collect::<Result<Vec<_>, _>>();
    let ids = |texts| ids(texts).map_err(|error| damaged("reap", error));
    Ok(Reaped {
        returned: ids(returned)?,
        dead: ids(dead)?,
    })
}
