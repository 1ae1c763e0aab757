//! An HTTP server that records requests and sends prepared responses.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, Method, StatusCode, Uri};

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

#[derive(Default)]
struct Inner {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<(StatusCode, HeaderMap, String)>>,
}

/// A running receiver. Dropping it stops it.
pub struct Receiver {
    inner: Arc<Inner>,
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Starts a receiver. It responds with 200 and an empty object, unless other responses are
    /// prepared.
    ///
    /// # Panics
    /// When no loopback port is free.
    pub async fn start() -> Self {
        let inner = Arc::new(Inner::default());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let router = Router::new().fallback(note).with_state(inner.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { inner, address, task }
    }

    /// Prepares the responses to the next requests, in order.
    ///
    /// # Panics
    /// When a status is not valid.
    pub fn answer(&self, status: u16, body: impl Into<String>) {
        self.answer_with(status, HeaderMap::new(), body);
    }

    /// Like [`Self::answer`], with headers.
    ///
    /// # Panics
    /// When a status is not valid.
    pub fn answer_with(&self, status: u16, headers: HeaderMap, body: impl Into<String>) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.inner
            .answers
            .lock()
            .expect("no panic while held")
            .push_back((status, headers, body.into()));
    }

    /// Returns the requests so far.
    ///
    /// # Panics
    /// Only after a panic of another thread.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.inner.received.lock().expect("no panic while held").clone()
    }

    /// Its URL: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn note(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    inner.received.lock().expect("no panic while held").push(Received {
        method,
        uri,
        headers,
        body,
    });
    let answer = inner.answers.lock().expect("no panic while held").pop_front();
    answer.unwrap_or_else(|| (StatusCode::OK, HeaderMap::new(), "{}".into()))
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
