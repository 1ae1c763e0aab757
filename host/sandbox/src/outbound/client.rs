//! The HTTP clients, and the resolver that lets only checked addresses through.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec::IntoIter;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::Service;

use super::body::Upload;
use super::policy::check_address;

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
    let mut http = HttpConnector::new_with_resolver(Resolver { private });
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

/// Resolves names and lets only addresses through that may be connected to.
#[derive(Clone)]
pub(super) struct Resolver {
    private: bool,
}

/// Why a name has no address.
#[derive(Debug)]
pub(super) enum ResolveError {
    /// No such name, or no answer.
    Unknown(std::io::Error),
    /// Only addresses that are refused; the first of them.
    Refused(IpAddr),
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => write!(f, "the name can't be resolved: {error}"),
            Self::Refused(address) => write!(f, "its address {address} is refused"),
        }
    }
}

impl std::error::Error for ResolveError {}

impl Service<Name> for Resolver {
    type Response = IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(ResolveError::Unknown)?;
            filter(found, private)
        })
    }
}

/// Keeps the addresses that may be connected to.
fn filter(found: impl Iterator<Item = SocketAddr>, private: bool) -> Result<IntoIter<SocketAddr>, ResolveError> {
    let mut refused = None;
    let mut kept = Vec::new();
    for address in found {
        match check_address(address.ip(), private) {
            Ok(()) => kept.push(address),
            Err(_) => refused = refused.or(Some(address.ip())),
        }
    }
    match refused {
        Some(address) if kept.is_empty() => Err(ResolveError::Refused(address)),
        _ => Ok(kept.into_iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> IntoIter<SocketAddr> {
        texts
            .iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn only_checked_addresses_of_a_name_are_left() {
        let kept: Vec<_> = filter(addresses(&["127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1"]), false)
            .unwrap()
            .collect();
        assert_eq!(kept, addresses(&["8.8.8.8"]).collect::<Vec<_>>());
        assert!(
            matches!(filter(addresses(&["10.0.0.1", "::1"]), false), Err(ResolveError::Refused(address)) if address.to_string() == "10.0.0.1")
        );
    }

    #[test]
    fn a_private_grant_lets_private_addresses_through_but_not_others() {
        let kept: Vec<_> = filter(addresses(&["127.0.0.1", "0.0.0.0", "224.0.0.1"]), true)
            .unwrap()
            .collect();
        assert_eq!(kept, addresses(&["127.0.0.1"]).collect::<Vec<_>>());
    }
}
