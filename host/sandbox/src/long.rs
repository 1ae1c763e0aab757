//! Long calls move to threads that stand back, so that short ones keep the processor.
//!
//! Guarantee: a long call ([`MAYBE_LONG`], [`LONG`]) goes on where it was, on threads that leave the processor to all others that want it;
//! its limits and its answer stay the same. When the caller goes away, so does the call. A component whose last call failed or was long
//! begins there: one that means harm in many short calls takes no more from others than one that spins.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::meter::thread_time;
use super::runtime::{self, LinksRuntime};

/// From here on a call may be long: it was being polled for this time, other threads on the processor included. The standard links take
/// 0.02 to 0.1 ms, and 10 ms on a vCon of 5 MB.
pub(super) const MAYBE_LONG: Duration = Duration::from_millis(20);

/// A call that may be long is long when it has used this much CPU time more. On a machine with too much to do a short one may have lost
/// the processor in between.
const LONG: Duration = Duration::from_millis(10);

/// The threads.
#[derive(Debug)]
pub(super) struct LongCalls(LinksRuntime);

/// The threads ended before the call did.
#[derive(Debug, thiserror::Error)]
#[error("the call was given up in the middle; look at the log for a panic")]
pub(super) struct GivenUp;

impl LongCalls {
    /// Starts the threads.
    pub(super) fn start() -> std::io::Result<Self> {
        runtime::for_long_calls().map(Self)
    }

    /// Runs a call, from where it is long on the threads; all of it there if it `stands_back`.
    pub(super) async fn run<F>(&self, call: F, stands_back: bool) -> Result<F::Output, GivenUp>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let mut call = Box::pin(call);
        if !stands_back && let Some(output) = while_short(call.as_mut()).await {
            return Ok(output);
        }
        let rest = self.0.spawn(giving_way(call).in_current_span()).ok_or(GivenUp)?;
        AbortOnDropHandle::new(rest).await.map_err(|_| GivenUp)
    }
}

/// Polls until it is ready, or nothing when it is long. Reading the clock of the thread costs a system call, so calls that end soon are
/// spared that.
async fn while_short<F: Future>(mut call: Pin<&mut F>) -> Option<F::Output> {
    let (mut polled, mut used) = (Duration::ZERO, Duration::ZERO);
    poll_fn(|context| {
        let measured = (polled >= MAYBE_LONG).then(thread_time);
        let begun = Instant::now();
        if let Poll::Ready(output) = call.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        polled += begun.elapsed();
        if let Some(before) = measured {
            used += thread_time().saturating_sub(before);
        }
        if used >= LONG { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

/// Gives way to whoever waits for the processor at each breath of the call, every millisecond: else the system lets it go on to the end
/// of its slice, 3 to 4 ms.
async fn giving_way<F: Future>(mut call: Pin<Box<F>>) -> F::Output {
    poll_fn(|context| {
        let polled = call.as_mut().poll(context);
        if polled.is_pending() {
            std::thread::yield_now();
        }
        polled
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn thread() -> String {
        std::thread::current().name().unwrap_or_default().to_owned()
    }

    /// A millisecond of CPU time at a time, however busy the machine is.
    async fn spin(slices: u32) -> String {
        for _ in 0..slices {
            let begun = thread_time();
            while thread_time().saturating_sub(begun) < Duration::from_millis(1) {}
            tokio::task::yield_now().await;
        }
        thread()
    }

    #[tokio::test]
    async fn a_short_call_stays_and_a_long_one_moves() {
        let long = LongCalls::start().unwrap();
        assert_eq!(long.run(spin(2), false).await.unwrap(), thread(), "a short call moved");
        assert_eq!(
            long.run(spin(60), false).await.unwrap(),
            "long-links",
            "a long call stayed"
        );
        assert_eq!(
            long.run(spin(2), true).await.unwrap(),
            "long-links",
            "it did not stand back"
        );
    }

    #[tokio::test]
    async fn a_call_that_waits_is_not_long() {
        let long = LongCalls::start().unwrap();
        let waits = async {
            tokio::time::sleep(MAYBE_LONG * 3).await;
            thread()
        };
        assert_eq!(long.run(waits, false).await.unwrap(), thread());
    }

    #[tokio::test]
    async fn threads_of_long_calls_stand_back() {
        let long = LongCalls::start().unwrap();
        // Field 19 of `stat`; the name before it, in brackets, may hold anything.
        let niceness = async {
            spin(60).await;
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_, fields) = stat.rsplit_once(')').unwrap();
            fields.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
        };
        let (own, theirs) = (
            rustix::process::nice(0).unwrap(),
            long.run(niceness, false).await.unwrap(),
        );
        assert!(
            theirs > own,
            "niceness {theirs} of a long call is not above {own} of others"
        );
    }

    #[tokio::test]
    async fn a_long_call_ends_with_its_caller() {
        let long = LongCalls::start().unwrap();
        let turns = Arc::new(AtomicU64::new(0));
        let theirs = turns.clone();
        let endless = async move {
            loop {
                theirs.fetch_add(1, Ordering::Relaxed);
                spin(1).await;
            }
        };
        let given_up = tokio::time::timeout(MAYBE_LONG * 3, long.run(endless, false)).await;
        assert!(given_up.is_err(), "it never ends");
        // A poll that is under way ends by itself.
        let mut rested = 0;
        for _ in 0..500 {
            let then = turns.load(Ordering::Relaxed);
            tokio::time::sleep(MAYBE_LONG).await;
            rested = if turns.load(Ordering::Relaxed) == then {
                rested + 1
            } else {
                0
            };
            if rested == 5 {
                return;
            }
        }
        panic!("nobody waits for it, and it runs on");
    }

    #[tokio::test]
    async fn a_panic_in_the_middle_is_an_error() {
        let long = LongCalls::start().unwrap();
        let panics = async {
            spin(60).await;
            panic!("as a bug would");
        };
        assert!(long.run(panics, false).await.is_err());
    }
}
