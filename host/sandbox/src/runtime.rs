//! Threads that links run on, apart from those that serve the REST API.
//!
//! Guarantee: a link that uses its whole CPU limit does not delay requests to the API.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::niceness;

/// Minimum number of threads. On a single thread, a long call would delay all others.
const MIN_THREADS: usize = 2;

/// Number of tasks that run between two polls of sockets. At 1, polling costs more than it gains.
/// At tokio's default of 61, a short link next to two endless loops waits 2.2 ms at p99 instead of
/// 1.2.
const EVENT_INTERVAL: u32 = 16;

/// Builds the runtime for all calls. Measured with two endless loops on two threads: with tokio's
/// defaults, a short link waits 1.3 s at p99. With the shared queue polled after every task and an
/// epoch tick of 1 ms, it waits 1.2 ms.
///
/// # Errors
/// If the system has no threads to give.
pub fn for_links() -> std::io::Result<LinksRuntime> {
    build(builder().thread_name("links"))
}

/// Builds the runtime that long calls move to. Its threads have low priority.
///
/// # Errors
/// If the system has no threads to give.
pub(crate) fn for_long_calls() -> std::io::Result<LinksRuntime> {
    build(
        builder()
            .thread_name("long-links")
            .on_thread_start(|| niceness::lower_priority(niceness::OF_LONG_CALLS)),
    )
}

fn builder() -> Builder {
    let threads = std::thread::available_parallelism()
        .map_or(MIN_THREADS, std::num::NonZero::get)
        .max(MIN_THREADS);
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .global_queue_interval(1)
        .event_interval(EVENT_INTERVAL)
        .enable_all();
    builder
}

fn build(builder: &mut Builder) -> std::io::Result<LinksRuntime> {
    builder.build().map(|runtime| LinksRuntime(Some(runtime)))
}

/// A runtime for calls of links. Dropping it does not wait, so it may be dropped in async code.
#[derive(Debug)]
pub struct LinksRuntime(Option<Runtime>);

impl LinksRuntime {
    /// Runs a task on this runtime. None if the runtime has been shut down.
    pub fn spawn<F>(&self, task: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.0.as_ref().map(|runtime| runtime.spawn(task))
    }
}

impl Drop for LinksRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
