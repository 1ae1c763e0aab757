//! A server that notes what it is asked and answers as told.

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
pub(super) struct Asked {
    /// Method and path.
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
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
    asked: Vec<Asked>,
    answers: VecDeque<(u16, Value)>,
}

pub(super) struct FakeServer {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl FakeServer {
    pub(super) async fn start(answers: Vec<(u16, Value)>) -> Self {
        vconduit_base::tls::choose_provider();
        let inner = Arc::new(Mutex::new(Inner {
            answers: answers.into(),
            ..Inner::default()
        }));
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.inner.lock().expect("no panic while held").asked.clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let mut inner = inner.lock().expect("no panic while held");
    inner.asked.push(Asked {
        line: format!("{method} {uri}"),
        headers,
        body,
    });
    let (status, answer) = inner.answers.pop_front().expect("an answer is left");
    (StatusCode::from_u16(status).expect("a status"), answer.to_string())
}
