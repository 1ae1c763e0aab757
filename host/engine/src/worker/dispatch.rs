//! Claims vCons and starts their runs, one permit for each, and waits for lists that have work.
//!
//! Guarantee: a run that panics is an error in the log and a lost lease. Its permit is free again,
//! and other runs continue.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::lease::Lease;
use super::lists::{ChainLimit, ChainSlot, Emptied, Next};
use crate::chain::hold::{ClaimHold, HoldEnd};
use crate::chain::{Ended, Job};
use crate::snapshot::Snapshot;
use vconduit_base::names::{ChainName, ClaimId, ListName};
use vconduit_store::{Claim, StoreError, Stored};
use vconduit_telemetry::metrics;

/// The length of one wait for work. After it the waiter checks whether its list is still wanted.
const WAIT: Duration = Duration::from_secs(5);
/// The pause after a failure of the store, so that a store that is unavailable is not flooded.
const PAUSE: Duration = Duration::from_millis(250);
/// The pause of a list after a claim that failed. The store has tried for a second or refuses, and
/// other lists must not wait for this one.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// The length of a wait that only asks whether a list has entries.
const NO_WAIT: Duration = Duration::from_millis(50);
/// The interval in which the waiters are compared with the configuration: a quarter of the 2 s
/// within which a change takes effect.
const REFRESH: Duration = Duration::from_millis(500);

/// A run that was claimed and has not begun.
pub(super) struct ClaimedRun {
    pub job: Job,
    pub lease: Lease,
    pub places: Places,
}

/// The places that a run occupies until they are dropped.
#[derive(Default)]
#[expect(dead_code, reason = "places are occupied by being held")]
pub(super) struct Places {
    /// One of the runs of this host.
    pub permit: Option<OwnedSemaphorePermit>,
    /// One of the runs of the chain on this host.
    pub slot: Option<ChainSlot>,
    /// The turn among the entries that have lost a lease.
    pub turn: Option<OwnedSemaphorePermit>,
}

impl Worker {
    /// Claims entries and starts runs until the worker drains.
    pub(super) async fn dispatch(self: Arc<Self>) {
        while let Some(taken) = self
            .draining
            .run_until_cancelled(self.permits.clone().acquire_owned())
            .await
        {
            let Ok(permit) = taken else { return };
            let permits = 1 + self.permits.available_permits();
            let next = self.lists.next(permits, |list| self.limit(list));
            let Some(next) = self.draining.run_until_cancelled(next).await else {
                return;
            };
            // Not cancelled by draining: a claim whose reply nobody waits for would have no run.
            self.claim(next, permit).await;
        }
    }

    /// The limit of the chain of a list; nothing when the list is not served.
    fn limit(&self, list: &ListName) -> Option<ChainLimit> {
        let snapshot = self.live.load();
        let name = self.chain_of(&snapshot, list)?;
        let all = self.settings.concurrency;
        let configured = snapshot.config.chains.get(name).and_then(|chain| chain.concurrency);
        let runs = match configured {
            Some(runs) => usize::try_from(runs).unwrap_or(all).min(all),
            None if snapshot
                .ingress
                .values()
                .any(|other| other != name && self.serves(other)) =>
            {
                (all / 2).max(1)
            }
            None => all,
        };
        let chain = name.clone();
        Some(ChainLimit { chain, runs })
    }

    /// The chain of a list that this host serves.
    fn chain_of<'a>(&self, snapshot: &'a Snapshot, list: &ListName) -> Option<&'a ChainName> {
        snapshot.ingress.get(list).filter(|chain| self.serves(chain))
    }

    fn serves(&self, chain: &ChainName) -> bool {
        self.settings.chains.is_empty() || self.settings.chains.contains(chain)
    }

    async fn claim(self: &Arc<Self>, next: Next, first: OwnedSemaphorePermit) {
        let Next { list, slots } = next;
        let list = &list;
        let snapshot = self.live.load_full();
        let Some(chain) = self.chain_of(&snapshot, list).cloned() else {
            return self.lists.set_empty(list);
        };
        let (permits, at_most) = self.more_permits(first, slots.len());
        let asked = Instant::now();
        let claims = match self.store.claim(list, &self.host, at_most, self.settings.lease).await {
            Ok(claims) => claims,
            Err(error) => {
                if let StoreError::Refused { .. } = error {
                    tracing::warn!(%list, %error, "nothing was claimed; the list is tried again after a pause");
                } else {
                    tracing::debug!(%list, %error, "nothing was claimed");
                }
                return self.lists.set_failed(list);
            }
        };
        if claims.len() < at_most {
            self.lists.set_empty(list);
        }
        if claims.is_empty() {
            return;
        }
        metrics::received(list, claims.len());
        let mut fresh = Vec::with_capacity(claims.len());
        // The slots that are left are free again.
        for ((claim, permit), slot) in claims.into_iter().zip(permits).zip(slots) {
            let hold = ClaimHold::new(asked, self.settings.lease);
            let lease = self.leases.add(&claim, &hold);
            let job = Job {
                claim,
                hold,
                chain: chain.clone(),
                snapshot: snapshot.clone(),
                stored: None,
            };
            let places = Places {
                permit: Some(permit),
                slot: Some(slot),
                ..Places::default()
            };
            let run = ClaimedRun { job, lease, places };
            if run.job.claim.lost_leases == 0 {
                fresh.push(run);
            } else {
                self.runs.spawn(self.clone().work_alone(run));
            }
        }
        if !fresh.is_empty() {
            self.begin(list, fresh).await;
        }
    }

    /// Begins runs: notes in the store that they begin, reads their documents meanwhile, and starts
    /// them. Before a run is begun, its worker's death costs the entry no lease.
    pub(super) async fn begin(self: &Arc<Self>, list: &ListName, runs: Vec<ClaimedRun>) {
        let asked = Instant::now();
        let ids: Vec<ClaimId> = runs.iter().map(|run| run.job.claim.id.clone()).collect();
        let (begun, stored) = tokio::join!(
            self.store.begin(list, &ids, self.settings.lease),
            self.documents_of(&runs)
        );
        let lost = match begun {
            Ok(lost) => lost,
            Err(error) => {
                tracing::debug!(%list, %error, "runs did not begin");
                self.lists.set_failed(list);
                self.runs.spawn(self.clone().give_all_back(runs));
                return;
            }
        };
        for (mut run, stored) in runs.into_iter().zip(stored) {
            let claim = &run.job.claim;
            if lost.contains(&claim.id) {
                tracing::warn!(vcon = %claim.vcon, %list, "the lease was lost before the run began");
                continue;
            }
            run.job.stored = stored;
            run.job.hold.renewed(asked);
            self.runs.spawn(self.clone().work(run));
        }
    }

    /// Gives back entries whose runs have not begun.
    async fn give_all_back(self: Arc<Self>, runs: Vec<ClaimedRun>) {
        let all = runs.iter().map(|run| self.give_back(&run.job.claim));
        futures::future::join_all(all).await;
    }

    fn more_permits(&self, first: OwnedSemaphorePermit, wished: usize) -> (Vec<OwnedSemaphorePermit>, usize) {
        let mut permits = vec![first];
        while permits.len() < wished
            && let Ok(permit) = self.permits.clone().try_acquire_owned()
        {
            permits.push(permit);
        }
        let count = permits.len();
        (permits, count)
    }

    /// The documents of these claims, read in one step. When that fails, each run reads its own.
    async fn documents_of(&self, runs: &[ClaimedRun]) -> Vec<Option<Stored>> {
        let ids: Vec<_> = runs
            .iter()
            .map(|run| &run.job.claim)
            .map(|claim| claim.checkpoint.current.clone().unwrap_or_else(|| claim.vcon.clone()))
            .collect();
        match self.store.get(&ids).await {
            Ok(stored) => stored,
            Err(_) => vec![None; runs.len()],
        }
    }

    /// Runs a job, and gives its lease and its places back however it ends.
    async fn work(self: Arc<Self>, run: ClaimedRun) {
        let ClaimedRun { job, lease, places } = run;
        let (claim, chain, hold) = (job.claim.clone(), job.chain.clone(), job.hold.clone());
        // A panic can only damage the run's own state: the state that runs share stays consistent
        // without unwinding.
        let run = AssertUnwindSafe(self.runner.run(job)).catch_unwind();
        tokio::select! {
            biased;
            end = hold.ended() => match end {
                HoldEnd::Lost => {
                    tracing::warn!(vcon = %claim.vcon, list = %claim.list, "the lease was lost; the run is cancelled");
                }
                HoldEnd::Outage => {
                    tracing::warn!(vcon = %claim.vcon, list = %claim.list, "the lease could not be renewed for too long; the run is cancelled");
                }
            },
            () = self.giving_back.cancelled() => self.give_back(&claim).await,
            ended = run => match ended {
                Ok(Ok(Ended::Lost)) => {
                    tracing::warn!(vcon = %claim.vcon, list = %claim.list, "the lease was lost; nothing was written");
                }
                Ok(Ok(_)) => {}
                Ok(Err(error @ StoreError::Refused { .. })) => {
                    // Given back at once, the entry would be claimed and refused again without end.
                    tracing::warn!(
                        vcon = %claim.vcon, list = %claim.list, %error,
                        "the run could not be ended; its lease runs out, and the entry is tried again or becomes a dead letter"
                    );
                }
                Ok(Err(error)) => {
                    tracing::debug!(vcon = %claim.vcon, list = %claim.list, %error, "the run could not be ended");
                    self.give_back(&claim).await;
                }
                Err(_) => {
                    tracing::error!(
                        vcon = %claim.vcon, list = %claim.list, %chain,
                        "the run panicked, which is a defect of the host: please report it with the message of the panic; \
                         the entry has lost a lease, and is tried again or becomes a dead letter"
                    );
                    drop(lease);
                    self.end_lease(&claim, &chain).await;
                }
            },
        }
        drop(places);
    }

    /// Gives an entry back to the head of its list. When the store is unavailable, its lease runs
    /// out and the reaper does the same.
    pub(super) async fn give_back(&self, claim: &Claim) {
        let mut tries = 0;
        while let Err(error) = self.store.hand_back(claim).await {
            tries += 1;
            if tries == 3 {
                tracing::warn!(vcon = %claim.vcon, list = %claim.list, %error, "the entry was not given back; its lease runs out by itself");
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Keeps one waiter for each ingress list of the active configuration.
    pub(super) async fn watch_lists(self: Arc<Self>) {
        let mut waiters: HashMap<ListName, CancellationToken> = HashMap::new();
        let mut ticks = tokio::time::interval(REFRESH);
        while self.draining.run_until_cancelled(ticks.tick()).await.is_some() {
            let snapshot = self.live.load_full();
            waiters.retain(|list, waiter| {
                let wanted = self.chain_of(&snapshot, list).is_some();
                if !wanted {
                    waiter.cancel();
                    self.lists.set_empty(list);
                }
                wanted
            });
            let served = snapshot.ingress.iter().filter(|(_, chain)| self.serves(chain));
            for (list, _) in served {
                if !waiters.contains_key(list) {
                    let waiter = self.draining.child_token();
                    tokio::spawn(self.clone().wait_on(list.clone(), waiter.clone()));
                    waiters.insert(list.clone(), waiter);
                }
            }
        }
    }

    async fn wait_on(self: Arc<Self>, list: ListName, stop: CancellationToken) {
        let mut is_open = false;
        while stop
            .run_until_cancelled(self.wait_once(&list, &mut is_open))
            .await
            .is_some()
        {}
    }

    /// Waits for work once. A list with a schedule is open from one of its times on, until the
    /// store says that it has no entries: a claim that failed or returned few does not close it.
    async fn wait_once(&self, list: &ListName, is_open: &mut bool) {
        let snapshot = self.live.load_full();
        let Some(chain) = self
            .chain_of(&snapshot, list)
            .and_then(|name| snapshot.config.chains.get(name))
        else {
            return tokio::time::sleep(REFRESH).await;
        };
        if let Some(schedule) = chain.schedule.as_ref().filter(|_| !*is_open) {
            let wait = until_scheduled(schedule);
            tokio::time::sleep(wait.min(REFRESH)).await;
            if wait > REFRESH {
                // Not yet. The schedule may have changed by the next look.
                return;
            }
            *is_open = true;
        }
        let at_most = if chain.schedule.is_some() { NO_WAIT } else { WAIT };
        match self.store.wait(list, at_most).await {
            Ok(true) => {
                self.lists.set_ready(list, chain.weight);
                if self.lists.until_empty(list).await == Emptied::ByFailure {
                    tokio::time::sleep(FAILED_PAUSE).await;
                }
            }
            Ok(false) => *is_open = false,
            Err(error) => {
                tracing::debug!(%list, %error, "waiting for work failed");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The time until the next occurrence of a cron expression, in UTC. An expression that can't be
/// read was refused with the configuration.
fn until_scheduled(schedule: &str) -> Duration {
    let now = chrono::Utc::now();
    let next = schedule
        .parse::<croner::Cron>()
        .ok()
        .and_then(|cron| cron.find_next_occurrence(&now, false).ok());
    next.and_then(|next| (next - now).to_std().ok()).unwrap_or(WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_waited_for_and_no_longer() {
        let minute = until_scheduled("* * * * *");
        assert!(
            minute <= Duration::from_secs(60),
            "every minute is at most a minute away, not {minute:?}"
        );
        let year = until_scheduled("0 0 1 1 *");
        assert!(
            year <= Duration::from_secs(366 * 86_400),
            "New Year is at most a year away, not {year:?}"
        );
        assert!(year > minute, "the next minute comes before the next year");
    }
}
