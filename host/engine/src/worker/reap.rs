//! Returns entries whose lease has expired to their lists, continues parked runs, and measures the
//! lists.
//!
//! Guarantee: no claim of a host that lives is taken away because the store, this process or the
//! network was paused. A host renews its own claims before it reaps after a gap, and the store lets
//! nobody reap before all hosts could do so.

use std::time::Duration;

use super::Worker;
use crate::events::{Event, RunEvent};
use vcon_document::VconId;
use vconduit_base::names::{ChainName, ListName};
use vconduit_store::Reaped;
use vconduit_telemetry::metrics;

/// The shortest time between two rounds.
pub(super) const FASTEST: Duration = Duration::from_millis(200);
/// Longest time between two rounds. A parked run continues within this time after its id has
/// returned.
pub(super) const SLOWEST: Duration = Duration::from_secs(2);

impl Worker {
    /// One round over all ingress lists. Those of chains that are not enabled are included, because
    /// they may still have claims.
    pub(super) async fn reap_once(&self) {
        let snapshot = self.live.load_full();
        for (name, chain) in &snapshot.config.chains {
            for list in &chain.ingress_lists {
                self.reap_list(name, list).await;
            }
        }
    }

    async fn reap_list(&self, chain: &ChainName, list: &ListName) {
        if !self.reap_expired(chain, list).await {
            return;
        }
        match self.store.resume(list).await {
            Ok(resumed) if resumed.dead.is_empty() => {}
            Ok(resumed) => {
                tracing::warn!(%list, vcons = ?resumed.dead, "parked runs did not come back in time, or ids came back that were not parked");
                self.report_dead(chain, list, &resumed.dead, "hand-off");
            }
            Err(error) => return tracing::debug!(%list, %error, "parked runs were not looked for"),
        }
        for (name, kind) in [(list.clone(), "ingress"), (list.dead_letters(), "dlq")] {
            if let Ok(length) = self.store.depth(&name).await {
                metrics::list_length(list, kind, length);
            }
        }
    }

    /// Takes entries away from claims whose lease has expired. False when the store failed.
    pub(super) async fn reap_expired(&self, chain: &ChainName, list: &ListName) -> bool {
        if !self.has_contact().await {
            return false;
        }
        let settings = &self.settings;
        match self.store.reap(list, settings.max_lost_leases, settings.lease).await {
            Ok(reaped) => {
                self.report_lost(chain, list, &reaped);
                true
            }
            Err(error) => {
                tracing::debug!(%list, %error, "expired leases were not looked for");
                false
            }
        }
    }

    fn report_lost(&self, chain: &ChainName, list: &ListName, reaped: &Reaped) {
        let lost = reaped.returned.len() + reaped.dead.len();
        if lost == 0 {
            return;
        }
        metrics::leases_lost(list, lost);
        tracing::warn!(%list, returned = reaped.returned.len(), dead = reaped.dead.len(), "leases ran out; the entries are back on their list or in its dead letters");
        for vcon in &reaped.returned {
            self.events.publish(|| Event::VconReturned {
                vcon: vcon.clone(),
                list: list.clone(),
            });
        }
        self.report_dead(chain, list, &reaped.dead, "lost-lease");
    }

    fn report_dead(&self, chain: &ChainName, list: &ListName, dead: &[VconId], class: &str) {
        for vcon in dead {
            metrics::dead_letter(&list.dead_letters());
            self.events.publish(|| {
                Event::VconFailed(RunEvent {
                    class: Some(class.to_owned()),
                    ..RunEvent::of(vcon.clone(), list.clone(), chain.clone())
                })
            });
        }
    }
}
