//! The hold of a run on its claim, by the clock of this host alone.
//!
//! Guarantee: a run begins nothing outside (no request, no save) from [`MARGIN`] of a lease before
//! the moment at which another host may run its entry. It waits there until the claim is renewed,
//! and ends when the claim turns out to be lost. A step of the store that is under way is not cut
//! off: it is guarded by the claim, and its own result says whether the claim was lost.

use std::time::Duration;

use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use vconduit_sandbox::call::EffectGate;

/// Part of a lease, as a divisor, by which the hold of a host ends before the lease: time for a
/// request that has just begun to be connected, and for clocks that do not run alike.
const MARGIN: u32 = 10;

/// Time without any contact after which a run ends, although nobody may have its claim. It bounds
/// the time for which runs occupy memory and permits, and is longer than a failover.
pub(super) const MAX_OUTAGE: Duration = Duration::from_secs(300);

/// Reason why a run has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldEnd {
    /// The claim is lost: another host may have the entry.
    Lost,
    /// The claim could not be renewed for [`MAX_OUTAGE`].
    Outage,
}

/// The hold of a run on its claim. Copies are the same hold.
#[derive(Debug, Clone)]
pub struct ClaimHold(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Time that one renewal lasts on this host.
    lasts: Duration,
    /// End of the hold. Counted from before a renewal was sent, so it never is later than the end
    /// of the lease.
    until: watch::Sender<Instant>,
    lost: CancellationToken,
    /// Steps of the store that are under way.
    steps: watch::Sender<usize>,
}

impl ClaimHold {
    /// Begins a hold. `asked` is the time before the claim was sent to the store.
    #[must_use]
    pub fn new(asked: Instant, lease: Duration) -> Self {
        let lasts = lease - lease / MARGIN;
        Self(Arc::new(Shared {
            lasts,
            until: watch::Sender::new(asked + lasts),
            lost: CancellationToken::new(),
            steps: watch::Sender::new(0),
        }))
    }

    /// Notes a renewal. `asked` is the time before it was sent to the store.
    pub fn renewed(&self, asked: Instant) {
        let until = asked + self.0.lasts;
        self.0.until.send_if_modified(|current| {
            let is_later = until > *current;
            *current = until.max(*current);
            is_later
        });
    }

    /// Notes that the claim is lost.
    pub fn lose(&self) {
        self.0.lost.cancel();
    }

    /// True while no other host can run the entry.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.0.lost.is_cancelled() && Instant::now() < *self.0.until.borrow()
    }

    /// Waits until the run may begin something outside: not at all while the claim is held, for
    /// ever when it is lost. Whoever runs the run drops it then.
    pub async fn held(&self) {
        let mut until = self.0.until.subscribe();
        while !self.is_held() {
            if self.0.lost.is_cancelled() || until.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the run may not begin anything outside any more.
    pub async fn broken(&self) {
        while self.is_held() {
            let until = *self.0.until.borrow();
            tokio::select! {
                () = self.0.lost.cancelled() => return,
                () = sleep_until(until) => {}
            }
        }
    }

    /// Waits until the run has to end.
    pub async fn ended(&self) -> HoldEnd {
        loop {
            let latest = *self.0.until.borrow() + MAX_OUTAGE;
            tokio::select! {
                () = self.0.lost.cancelled() => {
                    // A run whose last step is under way may have ended it already.
                    let _ = self.0.steps.subscribe().wait_for(|steps| *steps == 0).await;
                    return HoldEnd::Lost;
                }
                () = sleep_until(latest) => {
                    if Instant::now() >= *self.0.until.borrow() + MAX_OUTAGE {
                        return HoldEnd::Outage;
                    }
                }
            }
        }
    }

    /// Makes a step of the store that is guarded by the claim.
    pub(super) async fn during<T>(&self, step: impl Future<Output = T>) -> T {
        self.0.steps.send_modify(|steps| *steps += 1);
        let _under_way = UnderWay(self);
        step.await
    }
}

struct UnderWay<'a>(&'a ClaimHold);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.0.steps.send_modify(|steps| *steps -= 1);
    }
}

#[async_trait]
impl EffectGate for ClaimHold {
    async fn pass(&self) {
        self.held().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use tokio::time::advance;

    const LEASE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_hold_ends_before_the_lease_and_counts_from_before_the_renewal_was_sent() {
        let hold = ClaimHold::new(Instant::now(), LEASE);
        // The reply took its time.
        let asked = Instant::now();
        advance(Duration::from_secs(4)).await;
        hold.renewed(asked);
        advance(Duration::from_millis(22_900)).await;
        assert!(hold.is_held(), "26.9 s of 27");
        advance(Duration::from_millis(200)).await;
        assert!(!hold.is_held(), "27.1 s after the renewal was sent");
        assert!(hold.broken().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_without_a_hold_waits_until_it_is_renewed() {
        let hold = ClaimHold::new(Instant::now(), LEASE);
        let broken = tokio::spawn({
            let hold = hold.clone();
            async move { hold.broken().await }
        });
        advance(Duration::from_secs(20)).await;
        hold.renewed(Instant::now());
        advance(Duration::from_secs(20)).await;
        tokio::task::yield_now().await;
        assert!(!broken.is_finished(), "it was renewed meanwhile");
        advance(Duration::from_secs(8)).await;
        broken.await.unwrap();
        assert!(hold.held().now_or_never().is_none(), "another host may have the entry");
        let waiting = tokio::spawn({
            let hold = hold.clone();
            async move { hold.held().await }
        });
        hold.renewed(Instant::now());
        waiting.await.unwrap();
        // A renewal whose reply was overtaken by that of a later one.
        hold.renewed(Instant::now() - LEASE);
        assert!(hold.is_held());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_claim_is_never_held_again() {
        let hold = ClaimHold::new(Instant::now(), LEASE);
        assert!(hold.ended().now_or_never().is_none());
        hold.lose();
        hold.renewed(Instant::now() + LEASE);
        assert!(!hold.is_held() && hold.held().now_or_never().is_none());
        assert_eq!(hold.ended().await, HoldEnd::Lost);
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_is_under_way_is_not_cut_off() {
        let hold = ClaimHold::new(Instant::now(), LEASE);
        let (done, reply) = tokio::sync::oneshot::channel::<()>();
        let run = async {
            hold.during(reply).await.unwrap();
            "finished"
        };
        // The renewal finds no claim, because the step has ended it. Its reply is still on the way.
        hold.lose();
        tokio::pin!(run);
        assert!(run.as_mut().now_or_never().is_none());
        assert!(hold.ended().now_or_never().is_none());
        done.send(()).unwrap();
        let result = tokio::select! {
            biased;
            end = hold.ended() => panic!("the run was cut off: {end:?}"),
            result = run => result,
        };
        assert_eq!(result, "finished");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_without_contact_ends_some_time() {
        let hold = ClaimHold::new(Instant::now(), LEASE);
        let begun = Instant::now();
        assert_eq!(hold.ended().await, HoldEnd::Outage);
        assert_eq!(begun.elapsed(), LEASE - LEASE / MARGIN + MAX_OUTAGE);
    }
}
