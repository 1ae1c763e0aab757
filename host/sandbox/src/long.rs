//! Long calls continue on low-priority threads, so that short calls keep the processor.
//!
//! Guarantee: a long call ([`MAYBE_LONG`], [`LONG`]) continues from where it was, on threads that
//! leave the processor to all others. Its limits and its result stay the same. When the caller
//! stops waiting, the call is dropped. A component whose last call failed or was long starts there,
//! so many short hostile calls take no more from others than one endless loop.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::meter::thread_time;
use crate::runtime::{self, LinksRuntime};

/// Polling time after which a call may be long. It includes time that other threads had the
/// processor. The standard links take 0.02 to 0.1 ms, and 10 ms on a vCon of 5 MB.
pub(crate) const MAYBE_LONG: Duration = Duration::from_millis(20);

/// CPU time, counted from [`MAYBE_LONG`] on, after which a call is long. On an overloaded machine,
/// a short call may have lost the processor in between.
const LONG: Duration = Duration::from_millis(10);

/// The low-priority threads.
#[derive(Debug)]
pub(crate) struct LongCalls(LinksRuntime);

/// The call ended with a panic, or its threads ended first.
#[derive(Debug, thiserror::Error)]
#[error("the call was aborted; look at the log for a panic")]
pub(crate) struct CallAborted;

impl LongCalls {
    /// Starts the threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        runtime::for_long_calls().map(Self)
    }

    /// Runs a call. It moves to the low-priority threads once it is long, or at once if
    /// `low_priority`.
    pub(crate) async fn run<F>(&self, call: F, low_priority: bool) -> Result<F::Output, CallAborted>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let mut call = Box::pin(call);
        if !low_priority && let Some(output) = while_short(call.as_mut()).await {
            return Ok(output);
        }
        let rest = self.0.spawn(yielding(call).in_current_span()).ok_or(CallAborted)?;
        AbortOnDropHandle::new(rest).await.map_err(|_| CallAborted)
    }
}

/// Polls a call until it is ready. Returns None once it is long. Reading the thread's CPU time
/// costs a system call, so it is not read before the call may be long.
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

/// Yields the processor each time the call yields, every millisecond. Otherwise the system would
/// let the thread run to the end of its time slice of 3 to 4 ms.
async fn yielding<F: Future>(mut call: Pin<Box<F>>) -> F::Output {
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

    /// Uses one millisecond of CPU time a slice, however busy the machine is.
    async fn spin(slices: u32) -> String {
        for _ in 0..slices {
            let begun = thread_time();
            while thread_time().saturating_sub(begun) < Duration::from_millis(1) {}
            tokio::task::yield_now().await;
        }
        thread()
    }

    #[tokio::test]
    async fn a_short_call_stays_and_a_long_call_moves() {
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
            "a low-priority call started elsewhere"
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
    async fn threads_of_long_calls_have_low_priority() {
        let long = LongCalls::start().unwrap();
        // Field 19 of `stat` is the niceness. The name before it, in brackets, may contain
        // anything.
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
            "the niceness {theirs} of a long call is not above {own}, that of others"
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
        let timed_out = tokio::time::timeout(MAYBE_LONG * 3, long.run(endless, false)).await;
        assert!(timed_out.is_err(), "an endless call ended");
        // A poll in progress ends by itself.
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
        panic!("the call runs on although its caller stopped waiting");
    }

    #[tokio::test]
    async fn a_panic_in_a_long_call_is_an_error() {
        let long = LongCalls::start().unwrap();
        let panics = async {
            spin(60).await;
            panic!("as a bug would");
        };
        assert!(long.run(panics, false).await.is_err());
    }
}
