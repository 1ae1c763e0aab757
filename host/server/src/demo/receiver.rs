//! The service that the demo's webhook link calls. It counts the requests for each vCon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;

use vcon_document::Document;

/// Number of requests by vCon id.
type Counts = Arc<Mutex<HashMap<String, u32>>>;

/// Larger than any sample.
const MAX_BODY_BYTES: usize = 64 << 20;

/// A running receiver. It ends with the process.
pub(super) struct Receiver {
    port: u16,
    counts: Counts,
}

impl Receiver {
    /// Starts a receiver on a free loopback port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let counts = Counts::default();
        let router = Router::new()
            .fallback(post(receive))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(counts.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, counts })
    }

    /// Its address, as a URL without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// True when this host and port are its address.
    pub fn is_at(&self, host: &str, port: Option<u16>) -> bool {
        host == "127.0.0.1" && port == Some(self.port)
    }

    /// Number of requests with this vCon.
    pub fn count(&self, id: &str) -> u32 {
        self.counts
            .lock()
            .ok()
            .and_then(|counts| counts.get(id).copied())
            .unwrap_or_default()
    }
}

async fn receive(State(counts): State<Counts>, body: Bytes) -> &'static str {
    let id = std::str::from_utf8(&body)
        .ok()
        .and_then(|text| Document::parse(text).ok()?.uuid());
    if let (Some(id), Ok(mut counts)) = (id, counts.lock()) {
        *counts.entry(id.to_string()).or_default() += 1;
    }
    "{}"
}
