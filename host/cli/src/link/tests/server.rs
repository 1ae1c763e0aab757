//! A server that records requests and sends prepared responses.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::Value;

#[derive(Clone)]
pub(super) struct RecordedRequest {
    /// Method and path.
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl RecordedRequest {
    pub(super) fn header(&self, name: &str) -> String {
        let value = self
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("there is no header {name}"));
        value.to_str().expect("text").to_owned()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }
}

#[derive(Default)]
struct Inner {
    requests: Vec<RecordedRequest>,
    responses: VecDeque<(u16, Value)>,
}

pub(super) struct FakeServer {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl FakeServer {
    pub(super) async fn start(responses: Vec<(u16, Value)>) -> Self {
        vconduit_base::tls::choose_provider();
        let inner = Arc::new(Mutex::new(Inner {
            responses: responses.into(),
            ..Inner::default()
        }));
        let router = Router::new().fallback(respond).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.lock().expect("no panic while held").requests.clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }
}

async fn respond(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let mut inner = inner.lock().expect("no panic while held");
    inner.requests.push(RecordedRequest {
        line: format!("{method} {uri}"),
        headers,
        body,
    });
    let (status, body) = inner.responses.pop_front().expect("a prepared response is left");
    (StatusCode::from_u16(status).expect("a status"), body.to_string())
}
