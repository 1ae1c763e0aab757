//! CPU time and end of one call.
//!
//! Guarantee: a future under [`bounded`] is not polled again once its CPU time is used up or its
//! end has come. CPU time is that of the thread during polls, so waiting costs nothing and other
//! calls on the thread don't count.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Start time of a meter that is not being polled.
const STOPPED: u64 = u64::MAX;

/// CPU time of one call. Only the thread that polls the call writes it. The runtime that moves the
/// call between threads orders their writes, so relaxed access is enough.
#[derive(Debug)]
pub(crate) struct Meter {
    limit_ns: u64,
    used_ns: AtomicU64,
    started_ns: AtomicU64,
}

/// Reason why a future ended before it was ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Its CPU time is used up.
    Cpu,
    /// Its end has come.
    Late,
}

impl Meter {
    /// Makes a meter at zero with this limit of CPU time.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit_ns: nanoseconds(limit),
            used_ns: AtomicU64::new(0),
            started_ns: AtomicU64::new(STOPPED),
        }
    }

    /// Returns the CPU time so far, the current poll included.
    pub(crate) fn used(&self) -> Duration {
        let before = self.used_ns.load(Ordering::Relaxed);
        let running = match self.started_ns.load(Ordering::Relaxed) {
            STOPPED => 0,
            started => thread_ns().saturating_sub(started),
        };
        Duration::from_nanos(before.saturating_add(running))
    }

    /// Returns true once the limit is reached.
    pub(crate) fn exceeded(&self) -> bool {
        nanoseconds(self.used()) >= self.limit_ns
    }

    fn start(&self) {
        self.started_ns.store(thread_ns(), Ordering::Relaxed);
    }

    fn stop(&self) {
        let used = nanoseconds(self.used());
        self.used_ns.store(used, Ordering::Relaxed);
        self.started_ns.store(STOPPED, Ordering::Relaxed);
    }
}

/// Polls a future under a meter until it is ready, its CPU time is used up or `end` has come.
pub(crate) async fn bounded<F: Future>(meter: &Meter, end: Instant, future: F) -> Result<F::Output, Stopped> {
    let mut future = pin!(future);
    // A timer costs a lock and a heap block. Most calls never wait and never make one.
    let mut timer: Option<Pin<Box<tokio::time::Sleep>>> = None;
    poll_fn(|context| {
        meter.start();
        let polled = future.as_mut().poll(context);
        meter.stop();
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Ok(output));
        }
        if meter.exceeded() {
            return Poll::Ready(Err(Stopped::Cpu));
        }
        if Instant::now() >= end {
            return Poll::Ready(Err(Stopped::Late));
        }
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end.into())));
        timer.as_mut().poll(context).map(|()| Err(Stopped::Late))
    })
    .await
}

/// Returns the CPU time of the current thread.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

fn thread_ns() -> u64 {
    nanoseconds(thread_time())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_future_that_waits_is_stopped_at_its_end_and_uses_no_cpu_time() {
        let meter = Meter::new(Duration::from_secs(10));
        let begun = Instant::now();
        let stopped = bounded(&meter, begun + Duration::from_millis(30), std::future::pending::<()>()).await;
        assert_eq!(stopped, Err(Stopped::Late));
        assert!(begun.elapsed() >= Duration::from_millis(30));
        assert!(meter.used() < Duration::from_millis(5), "{:?}", meter.used());
    }

    #[tokio::test]
    async fn a_future_that_spins_and_yields_is_stopped_at_its_cpu_limit() {
        let meter = Meter::new(Duration::from_millis(20));
        let spin = async {
            loop {
                let begun = Instant::now();
                while begun.elapsed() < Duration::from_millis(1) {}
                tokio::task::yield_now().await;
            }
        };
        let stopped: Result<(), _> = bounded(&meter, Instant::now() + Duration::from_secs(10), spin).await;
        assert_eq!(stopped, Err(Stopped::Cpu));
        assert!(meter.used() >= Duration::from_millis(20));
    }
}
