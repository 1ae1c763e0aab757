//! Accepts connections.
//!
//! Guarantee: a client that does not send the head of a request in time is cut off. The number of
//! connections is bounded. On a stop, requests in work get their responses and no new ones begin.
//!
//! Not `axum::serve`: it sets no time limit for reading a request's head.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// Time that the head of a request may take, and that a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Connections at once. Each costs some 10 KB and a file descriptor. Further ones wait to be
/// accepted.
const MAX_CONNECTIONS: usize = 16_384;
/// Pause after a failed accept. Usually all file descriptors are in use, and one has to be released
/// first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is set, then until the requests in work have their responses.
pub fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> BoxFuture<'static, ()> {
    // Boxed, so that its code is generated in this crate and not again in each that awaits it.
    serve_until(listener, router, stop).boxed()
}

async fn serve_until(listener: TcpListener, router: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    while let Some(Ok(place)) = stop.run_until_cancelled(places.clone().acquire_owned()).await {
        let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else {
            break;
        };
        match accepted {
            Ok((stream, _)) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    connection(stream, router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    // Responses are small. Waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .call(request.map(Body::new))
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The client left, was too slow, or does not speak HTTP.
        tracing::debug!(%error, "a connection ended early");
    }
}
