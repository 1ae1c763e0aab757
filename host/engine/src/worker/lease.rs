//! The leases of the claims in progress: their renewal, and their end.
//!
//! Guarantee: a lease is renewed as long as its [`Lease`] exists and no longer, also when the run
//! panics. A renewal that failed is tried again soon, so that after an outage all claims are
//! renewed long before any host may take claims away (`reap.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::chain::hold::ClaimHold;
use vconduit_base::names::{ChainName, ClaimId, ListName};
use vconduit_store::Claim;
use vconduit_telemetry::metrics;

/// Bounds of the pause after a renewal that failed. It is a twentieth of a lease within them.
const FASTEST_RETRY: Duration = Duration::from_millis(50);
const SLOWEST_RETRY: Duration = Duration::from_secs(1);

/// The claims in progress, by list.
pub(super) struct Leases {
    claims: Mutex<HashMap<ListName, HashMap<ClaimId, ClaimHold>>>,
    /// Beginning of the last round that renewed all claims.
    renewed: Mutex<Instant>,
    closed: CancellationToken,
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            claims: Mutex::default(),
            renewed: Mutex::new(Instant::now()),
            closed: CancellationToken::new(),
        }
    }
}

/// A claim whose lease is renewed until this is dropped.
pub(super) struct Lease {
    leases: Arc<Leases>,
    list: ListName,
    claim: ClaimId,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.remove(&self.list, &self.claim);
    }
}

impl Leases {
    /// Begins to renew the lease of a claim. Renewals are noted in `hold`.
    pub fn add(self: &Arc<Self>, claim: &Claim, hold: &ClaimHold) -> Lease {
        if let Ok(mut claims) = self.claims.lock() {
            claims
                .entry(claim.list.clone())
                .or_default()
                .insert(claim.id.clone(), hold.clone());
        }
        Lease {
            leases: self.clone(),
            list: claim.list.clone(),
            claim: claim.id.clone(),
        }
    }

    fn remove(&self, list: &ListName, claim: &ClaimId) {
        if let Ok(mut claims) = self.claims.lock()
            && let Some(of_list) = claims.get_mut(list)
        {
            of_list.remove(claim);
        }
    }

    /// Ends all renewal.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Cancelled when there is nothing left to renew.
    pub fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    fn by_list(&self) -> Vec<(ListName, Vec<ClaimId>)> {
        let Ok(claims) = self.claims.lock() else {
            return Vec::new();
        };
        let in_progress = claims.iter().filter(|(_, of_list)| !of_list.is_empty());
        in_progress
            .map(|(list, of_list)| (list.clone(), of_list.keys().cloned().collect()))
            .collect()
    }

    /// Notes the result of a renewal that was sent after `asked`. Claims that have ended meanwhile
    /// are not found any more.
    fn note(&self, list: &ListName, renewed: &[ClaimId], lost: &[ClaimId], asked: Instant) {
        let Ok(claims) = self.claims.lock() else { return };
        let Some(of_list) = claims.get(list) else { return };
        for hold in lost.iter().filter_map(|id| of_list.get(id)) {
            hold.lose();
        }
        for hold in renewed.iter().filter_map(|id| of_list.get(id)) {
            hold.renewed(asked);
        }
    }

    fn set_renewed(&self, at: Instant) {
        if let Ok(mut renewed) = self.renewed.lock() {
            *renewed = at.max(*renewed);
        }
    }

    /// Sets the time of the last renewal, also to an earlier one.
    #[cfg(test)]
    pub fn renewed_at(&self, at: Instant) {
        *self.renewed.lock().unwrap() = at;
    }

    fn since_renewal(&self) -> Duration {
        self.renewed.lock().map_or(Duration::MAX, |renewed| renewed.elapsed())
    }
}

impl Worker {
    /// Renews every lease three times within its length, so that one missed renewal does not cost a
    /// claim.
    pub(super) async fn renew_leases(self: Arc<Self>) {
        let interval = self.settings.lease / 3;
        let retry = (self.settings.lease / 20).clamp(FASTEST_RETRY, SLOWEST_RETRY);
        let mut pause = interval;
        while self
            .leases
            .closed()
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_some()
        {
            pause = if self.renew_all().await { interval } else { retry };
        }
    }

    /// Renews every lease once, all lists at the same time. False when some could not be renewed.
    async fn renew_all(&self) -> bool {
        let asked = Instant::now();
        let lists = self.leases.by_list();
        let renewals = lists.iter().map(|(list, ids)| self.renew_list(list, ids));
        let all = futures::future::join_all(renewals).await.into_iter().all(|done| done);
        if all {
            self.leases.set_renewed(asked);
        }
        all
    }

    async fn renew_list(&self, list: &ListName, ids: &[ClaimId]) -> bool {
        let asked = Instant::now();
        match self.store.renew(list, ids, self.settings.lease).await {
            Ok(lost) => {
                self.leases.note(list, ids, &lost, asked);
                true
            }
            Err(error) => {
                tracing::debug!(%list, %error, "leases were not renewed");
                false
            }
        }
    }

    /// True when the claims of this host were renewed lately. After a gap (this process or its
    /// machine was paused, the store was unavailable) they are renewed first: a host must not take
    /// its own claims away.
    pub(super) async fn has_contact(&self) -> bool {
        self.leases.since_renewal() <= self.settings.lease / 2 || self.renew_all().await
    }

    /// Ends the lease of a claim at once and counts it as lost: the entry goes back to the head of
    /// its list, or to the dead letters when it has lost too many. Its [`Lease`] has to be dropped
    /// before, or the lease would be renewed meanwhile. When the store is unavailable, the lease
    /// runs out by itself.
    pub(super) async fn end_lease(&self, claim: &Claim, chain: &ChainName) {
        let claims = std::slice::from_ref(&claim.id);
        if let Err(error) = self.store.renew(&claim.list, claims, Duration::ZERO).await {
            tracing::warn!(vcon = %claim.vcon, list = %claim.list, %error, "the lease was not ended; it runs out by itself");
            return;
        }
        self.reap_expired(Some(chain), &claim.list).await;
    }

    /// Returns entries with expired leases of every host to their lists, and claims parked runs
    /// whose vCons have returned.
    pub(super) async fn reap_leases(self: Arc<Self>) {
        // Several times within half a lease: a longer time without a round is a gap in the contact
        // of hosts with the store. Bounded below, so that the short leases of tests don't make a
        // busy loop.
        let mut ticks =
            tokio::time::interval((self.settings.lease / 8).clamp(super::reap::FASTEST, super::reap::SLOWEST));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.draining.run_until_cancelled(ticks.tick()).await.is_some() {
            self.reap_once().await;
            metrics::upkeep();
        }
    }
}
