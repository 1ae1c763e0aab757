//! The leases of the claims in progress: their renewal, and their end.
//!
//! Guarantee: a lease is renewed as long as its [`Lease`] exists and no longer, also when the run
//! panics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Worker;
use vconduit_base::names::{ChainName, ClaimId, ListName};
use vconduit_store::Claim;
use vconduit_telemetry::metrics;

/// The claims in progress, by list.
#[derive(Default)]
pub(super) struct Leases {
    claims: Mutex<HashMap<ListName, HashMap<ClaimId, CancellationToken>>>,
    closed: CancellationToken,
}

/// A claim whose lease is renewed until this is dropped.
pub(super) struct Lease {
    leases: Arc<Leases>,
    list: ListName,
    claim: ClaimId,
    lost: CancellationToken,
}

impl Lease {
    /// Waits until the lease is lost.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.remove(&self.list, &self.claim);
    }
}

impl Leases {
    /// Begins to renew the lease of a claim.
    pub fn add(self: &Arc<Self>, claim: &Claim) -> Lease {
        let lost = CancellationToken::new();
        if let Ok(mut claims) = self.claims.lock() {
            claims
                .entry(claim.list.clone())
                .or_default()
                .insert(claim.id.clone(), lost.clone());
        }
        Lease {
            leases: self.clone(),
            list: claim.list.clone(),
            claim: claim.id.clone(),
            lost,
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

    fn lose(&self, list: &ListName, lost: &[ClaimId]) {
        let Ok(claims) = self.claims.lock() else { return };
        let Some(of_list) = claims.get(list) else { return };
        for id in lost {
            if let Some(token) = of_list.get(id) {
                token.cancel();
            }
        }
    }
}

impl Worker {
    /// Renews every lease three times within its length, so that one missed renewal does not cost a
    /// claim.
    pub(super) async fn renew_leases(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.settings.lease / 3);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.leases.closed().run_until_cancelled(ticks.tick()).await.is_some() {
            for (list, ids) in self.leases.by_list() {
                match self.store.renew(&list, &ids, self.settings.lease).await {
                    Ok(lost) if lost.is_empty() => {}
                    Ok(lost) => {
                        // Some have just ended; `lose` finds only those that are still in progress.
                        self.leases.lose(&list, &lost);
                    }
                    Err(error) => tracing::debug!(%list, %error, "leases were not renewed"),
                }
            }
        }
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
        self.reap_expired(chain, &claim.list).await;
    }

    /// Returns entries with expired leases of every host to their lists, and claims parked runs
    /// whose vCons have returned.
    pub(super) async fn reap_leases(self: Arc<Self>) {
        // Twice within a lease: a crash delays a vCon by at most one and a half leases. Bounded
        // below, so that the short leases of tests don't make a busy loop.
        let mut ticks =
            tokio::time::interval((self.settings.lease / 2).clamp(super::reap::FASTEST, super::reap::SLOWEST));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.draining.run_until_cancelled(ticks.tick()).await.is_some() {
            self.reap_once().await;
            metrics::upkeep();
        }
    }
}
