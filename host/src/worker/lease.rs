//! The claims in work and the renewal of their leases.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::names::{ClaimId, ListName};
use crate::store::Claim;
use crate::telemetry::metrics;

/// Claims in work, by list.
#[derive(Default)]
pub(super) struct Leases {
    claims: Mutex<HashMap<ListName, HashMap<ClaimId, CancellationToken>>>,
    closed: CancellationToken,
}

impl Leases {
    /// Notes a claim; the token is set when its lease is lost.
    pub fn add(&self, claim: &Claim) -> CancellationToken {
        let token = CancellationToken::new();
        if let Ok(mut claims) = self.claims.lock() {
            claims
                .entry(claim.list.clone())
                .or_default()
                .insert(claim.id.clone(), token.clone());
        }
        token
    }

    /// Forgets a claim.
    pub fn remove(&self, claim: &Claim) {
        if let Ok(mut claims) = self.claims.lock()
            && let Some(of_list) = claims.get_mut(&claim.list)
        {
            of_list.remove(&claim.id);
        }
    }

    /// Ends the renewal.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Set when there is nothing left to renew.
    pub fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    fn by_list(&self) -> Vec<(ListName, Vec<ClaimId>)> {
        let Ok(claims) = self.claims.lock() else {
            return Vec::new();
        };
        let in_work = claims.iter().filter(|(_, of_list)| !of_list.is_empty());
        in_work
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
    /// Renews every lease three times within its length, so that one missed renewal does not cost a claim.
    pub(super) async fn renew_leases(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.settings.lease / 3);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.leases.closed().run_until_cancelled(ticks.tick()).await.is_some() {
            for (list, ids) in self.leases.by_list() {
                match self.store.renew(&list, &ids, self.settings.lease).await {
                    Ok(lost) if lost.is_empty() => {}
                    Ok(lost) => {
                        // Some have just ended; `lose` finds only those that are still in work.
                        self.leases.lose(&list, &lost);
                    }
                    Err(error) => tracing::debug!(%list, %error, "leases were not renewed"),
                }
            }
        }
    }

    /// Gives expired leases of every host back to their lists, and takes up runs that were parked.
    pub(super) async fn reap_leases(self: Arc<Self>) {
        // Twice within a lease: a crash delays a vCon by at most one and a half leases. A second at least, so that short leases in
        // tests don't turn into a busy loop.
        let mut ticks =
            tokio::time::interval((self.settings.lease / 2).clamp(super::reap::FASTEST, super::reap::SLOWEST));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.draining.run_until_cancelled(ticks.tick()).await.is_some() {
            self.reap_once().await;
            metrics::upkeep();
        }
    }
}
