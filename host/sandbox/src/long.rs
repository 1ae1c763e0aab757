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
mod tests;
