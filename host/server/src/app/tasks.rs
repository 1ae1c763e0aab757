//! The tasks of a host, and the order in which they end.
//!
//! Guarantee: a stop ends the worker first, then the messages to other hosts, then the open
//! connections. Every step has a time limit.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use vconduit_engine::events::{Event, Events};
use vconduit_engine::worker::Worker;
use vconduit_sandbox::runtime::LinksRuntime;

/// Longest wait for open connections to end.
const MAX_CONNECTIONS_END: Duration = Duration::from_secs(5);
/// Longest wait for the last messages to other hosts.
const MAX_GOODBYE: Duration = Duration::from_secs(3);

/// All tasks of a host.
pub(super) struct Tasks {
    /// Set first at a stop. The worker claims nothing more and drains.
    stop_claiming: CancellationToken,
    /// Set when the worker has ended.
    stop_serving: CancellationToken,
    worker: Option<JoinHandle<()>>,
    server: Option<JoinHandle<()>>,
    /// Tasks with a last message to other hosts: events, and the report of this host.
    publishers: TaskTracker,
    /// Owned here so that it lives as long as the worker.
    links_runtime: LinksRuntime,
}

impl Tasks {
    /// No tasks yet.
    pub(super) fn new(links_runtime: LinksRuntime) -> Self {
        Self {
            stop_claiming: CancellationToken::new(),
            stop_serving: CancellationToken::new(),
            worker: None,
            server: None,
            publishers: TaskTracker::new(),
            links_runtime,
        }
    }

    /// The signal for tasks that end by themselves once the worker has ended.
    pub(super) fn stopping(&self) -> CancellationToken {
        self.stop_serving.clone()
    }

    /// Spawns a task that is dropped at a stop.
    pub(super) fn spawn_until_stop(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.stopping().run_until_cancelled_owned(task));
    }

    /// Spawns a task that sends a last message when [`Tasks::stopping`] is set.
    pub(super) fn spawn_publisher(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.publishers.spawn(task);
    }

    /// Serves the REST API.
    pub(super) fn spawn_server(&mut self, listener: TcpListener, router: Router) {
        self.server = Some(tokio::spawn(vconduit_api::serve(listener, router, self.stopping())));
    }

    /// Runs the worker on the links' runtime.
    pub(super) fn spawn_worker(&mut self, worker: Arc<Worker>) {
        self.worker = self.links_runtime.spawn(worker.run(self.stop_claiming.clone()));
    }

    /// Ends all tasks.
    pub(super) async fn stop(self, events: &Events) {
        self.stop_claiming.cancel();
        if let Some(worker) = self.worker
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the worker ended with a panic");
        }
        events.publish(|| Event::HostStopped);
        self.stop_serving.cancel();
        self.publishers.close();
        // While the store is unavailable no message gets out. The other hosts notice by themselves.
        let _ = tokio::time::timeout(MAX_GOODBYE, self.publishers.wait()).await;
        if let Some(mut server) = self.server
            && tokio::time::timeout(MAX_CONNECTIONS_END, &mut server).await.is_err()
        {
            tracing::info!("connections were still open and are closed");
            server.abort();
        }
        tracing::info!("stopped");
    }
}
