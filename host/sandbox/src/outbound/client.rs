//! HTTP clients that all calls share.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::RequestBody;
use super::resolve::Resolver;

/// Time limit for opening a connection. The call's own end may come sooner.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time after which an idle connection is closed. Common load balancers drop one after 60 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of idle connections to one host: about as many as a busy machine has requests to
/// one service at once.
const IDLE_PER_HOST: usize = 32;

/// Maximum size of the head of a response, in bytes. Servers send 1–4 KiB. nginx accepts 8 KiB.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Maximum number of header fields of a response.
const MAX_HEADERS: usize = 128;

/// A client whose resolver permits only checked addresses.
pub(super) type HttpClient = Client<HttpsConnector<HttpConnector<Resolver>>, RequestBody>;

/// Two clients: one for grants with `private: true`, one for all others. They are separate because
/// they keep connections, and a connection to a private address must not serve other grants.
pub(crate) struct OutboundClients {
    public: HttpClient,
    private: HttpClient,
}

impl OutboundClients {
    /// Makes the clients. They have no connections yet.
    pub(crate) fn new() -> Result<Self, rustls::Error> {
        Ok(Self {
            public: client(false)?,
            private: client(true)?,
        })
    }

    /// Returns the client for a grant.
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
