//! The HTTP clients of all calls.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::Upload;
use super::resolve::Resolver;

/// A host that does not answer by then is away. The call's own end may be sooner.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Idle connections: below the 60 s after which common load balancers drop them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Idle connections to one host: about what a busy machine has calls in flight to one service.
const IDLE_PER_HOST: usize = 32;

/// The head of a response. Servers send 1–4 KiB; nginx itself takes 8.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Header fields of a response.
const MAX_HEADERS: usize = 128;

/// A client whose connections all went through the resolver.
pub(super) type HttpClient = Client<HttpsConnector<HttpConnector<Resolver>>, Upload>;

/// The two clients. They are apart because they keep connections: one that was opened under a `private` grant must not serve others.
pub(in super::super) struct Outbound {
    public: HttpClient,
    private: HttpClient,
}

impl Outbound {
    /// Makes the clients. Nothing is connected yet.
    pub(in super::super) fn new() -> Result<Self, rustls::Error> {
        Ok(Self {
            public: client(false)?,
            private: client(true)?,
        })
    }

    pub(super) fn client(&self, private: bool) -> &HttpClient {
        if private { &self.private } else { &self.public }
    }
}

fn client(private: bool) -> Result<HttpClient, rustls::Error> {
    let mut http = HttpConnector::new_with_resolver(Resolver::new(private));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new());
    builder.pool_idle_timeout(IDLE_TIMEOUT);
    builder.pool_max_idle_per_host(IDLE_PER_HOST);
    builder.http1_max_buf_size(MAX_HEAD_BYTES);
    builder.http1_max_headers(MAX_HEADERS);
    Ok(builder.build(https))
}
