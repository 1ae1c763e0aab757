//! The threads that links run on, apart from those that serve REST: a link that uses its CPU limit to the full must not hold up those who
//! only want to post a vCon.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::niceness;

/// The smallest number of threads: with one alone a long call would hold up all others.
const FEWEST_THREADS: usize = 2;

/// How many tasks run between two looks at sockets. At 1 the looking costs more than it gives; at tokio's 61 a short link beside two
/// spinning ones waits 2.2 ms at p99 instead of 1.2.
const EVENT_INTERVAL: u32 = 16;

/// Builds the one for all calls. Measured with two spinning links on two threads: at tokio's defaults a short link waits 1.3 s at p99;
/// with the shared queue looked at after every task and a 1 ms epoch tick, 1.2 ms.
///
/// # Errors
/// When threads can't be had.
pub fn for_links() -> std::io::Result<LinksRuntime> {
    build(builder().thread_name("links"))
}

/// Builds the one that long calls move to: its threads stand back behind all others.
///
/// # Errors
/// When threads can't be had.
pub(super) fn for_long_calls() -> std::io::Result<LinksRuntime> {
    build(
        builder()
            .thread_name("long-links")
            .on_thread_start(|| niceness::stand_back(niceness::OF_LONG_CALLS)),
    )
}

fn builder() -> Builder {
    let threads = std::thread::available_parallelism()
        .map_or(FEWEST_THREADS, std::num::NonZero::get)
        .max(FEWEST_THREADS);
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

/// That runtime. Dropping it does not wait, so that it may be dropped anywhere.
#[derive(Debug)]
pub struct LinksRuntime(Option<Runtime>);

impl LinksRuntime {
    /// Runs a task on it; nothing when it has been shut down.
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
