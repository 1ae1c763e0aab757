//! Mends what was left behind: expired leases, parked runs that came back. Also measures the lists.

use std::time::Duration;

use super::Worker;
use crate::names::ListName;
use crate::store::Reaped;
use crate::telemetry::metrics;

/// The shortest time between two rounds.
pub(super) const FASTEST: Duration = Duration::from_millis(200);
/// The longest time between two rounds: also the time within which a parked run goes on when its id comes back.
pub(super) const SLOWEST: Duration = Duration::from_secs(2);

impl Worker {
    /// One round over all ingress lists, those of chains that are not enabled included: their claims may still end.
    pub(super) async fn reap_once(&self) {
        let snapshot = self.live.load_full();
        let lists = snapshot.config.chains.values().flat_map(|chain| &chain.ingress_lists);
        for list in lists {
            self.reap_list(list).await;
        }
    }

    async fn reap_list(&self, list: &ListName) {
        match self.store.reap(list, self.settings.max_lost_leases).await {
            Ok(reaped) => report_lost(list, &reaped),
            Err(error) => return tracing::debug!(%list, %error, "expired leases were not looked for"),
        }
        match self.store.resume(list).await {
            Ok(resumed) if resumed.dead.is_empty() => {}
            Ok(resumed) => {
                tracing::warn!(%list, vcons = ?resumed.dead, "parked runs did not come back in time, or ids came back that were not parked");
            }
            Err(error) => return tracing::debug!(%list, %error, "parked runs were not looked for"),
        }
        for (name, kind) in [(list.clone(), "ingress"), (list.dead_letters(), "dlq")] {
            if let Ok(length) = self.store.depth(&name).await {
                metrics::list_length(list, kind, length);
            }
        }
    }
}

fn report_lost(list: &ListName, reaped: &Reaped) {
    let lost = reaped.returned.len() + reaped.dead.len();
    if lost == 0 {
        return;
    }
    metrics::leases_lost(list, lost);
    tracing::warn!(%list, returned = reaped.returned.len(), dead = reaped.dead.len(), "leases ran out; the entries are back on their list or in its dead letters");
    for _ in &reaped.dead {
        metrics::dead_letter(&list.dead_letters());
    }
}
