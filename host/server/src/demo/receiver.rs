//! The service that the demo's webhook link calls: it takes what comes and notes the ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;

use vcon_document::Document;

type Noted = Arc<Mutex<HashMap<String, u32>>>;

/// Larger than any sample.
const MAX_BODY_BYTES: usize = 64 << 20;

/// A running receiver. It ends with the process.
pub(super) struct Receiver {
    port: u16,
    noted: Noted,
}

impl Receiver {
    /// Starts one on a free loopback port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let noted = Noted::default();
        let router = Router::new()
            .fallback(post(note))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(noted.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, noted })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether this is its address.
    pub fn is_at(&self, host: &str, port: Option<u16>) -> bool {
        host == "127.0.0.1" && port == Some(self.port)
    }

    /// How often this vCon came.
    pub fn count(&self, id: &str) -> u32 {
        self.noted
            .lock()
            .ok()
            .and_then(|noted| noted.get(id).copied())
            .unwrap_or_default()
    }
}

async fn note(State(noted): State<Noted>, body: Bytes) -> &'static str {
    let id = std::str::from_utf8(&body)
        .ok()
        .and_then(|text| Document::parse(text).ok()?.uuid());
    if let (Some(id), Ok(mut noted)) = (id, noted.lock()) {
        *noted.entry(id.to_string()).or_default() += 1;
    }
    "{}"
}
