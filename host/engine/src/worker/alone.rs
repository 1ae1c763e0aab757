//! Entries that have lost a lease run apart from each other.
//!
//! Guarantee: of the entries that have lost a lease, a host runs one at a time. When a host dies,
//! all entries that it ran lose a lease, and one of them may be the reason. From then on only that
//! one loses more, so its neighbours do not become dead letters with it. Those that wait for their
//! turn have not begun, so they lose none.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Worker;
use super::dispatch::{ClaimedRun, Places};

/// Entries of a host that may wait for their turn without a permit: those of a dozen crashed hosts.
/// They need little memory, as their documents are not read yet. More of them keep their permits,
/// so that no host collects claims without end.
const MAX_WAITING: usize = 1_000;

/// The turns of the entries that have lost a lease.
pub(super) struct Turns {
    turn: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }
}

impl Turns {
    /// Waits for the turn of an entry. Meanwhile its places are free for others. It does not take
    /// them again, because those who have them may wait for a turn: one run comes on top.
    async fn next(&self, places: Places) -> Places {
        if let Ok(turn) = self.turn.clone().try_acquire_owned() {
            return Places {
                turn: Some(turn),
                ..places
            };
        }
        let waiting = self.waiting.clone().try_acquire_owned().ok();
        let kept = waiting.is_none().then_some(places);
        // Never closed.
        let turn = self.turn.clone().acquire_owned().await.ok();
        drop(kept);
        Places {
            turn,
            ..Places::default()
        }
    }
}

impl Worker {
    /// Runs an entry that has lost a lease, when no other such entry runs on this host.
    pub(super) async fn work_alone(self: Arc<Self>, run: ClaimedRun) {
        let ClaimedRun { job, lease, places } = run;
        tokio::select! {
            biased;
            _ = job.hold.ended() => {}
            () = self.draining.cancelled() => self.give_back(&job.claim).await,
            places = self.turns.next(places) => {
                tracing::debug!(vcon = %job.claim.vcon, list = %job.claim.list, lost_leases = job.claim.lost_leases, "the entry has lost leases and runs apart from others that have");
                let list = job.claim.list.clone();
                self.begin(&list, vec![ClaimedRun { job, lease, places }]).await;
            }
        }
    }
}
