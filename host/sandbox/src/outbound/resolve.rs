//! Name resolution for outbound requests.
//!
//! Guarantee: a connection is opened only to an address that was checked after the name was
//! resolved.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use super::address;

/// Resolves names and drops the addresses that a link must not connect to.
#[derive(Clone)]
pub(super) struct Resolver {
    private: bool,
}

impl Resolver {
    /// A resolver. `private` permits addresses of this machine and network.
    pub(super) fn new(private: bool) -> Self {
        Self { private }
    }
}

/// Reason why a name has no address to connect to.
#[derive(Debug)]
pub(super) enum ResolveError {
    /// The name does not exist, or no name server responded.
    Unknown(std::io::Error),
    /// All of its addresses are refused. This is the first of them.
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

/// Keeps the addresses that a link may connect to.
fn filter(found: impl Iterator<Item = SocketAddr>, private: bool) -> Result<IntoIter<SocketAddr>, ResolveError> {
    let mut refused = None;
    let mut permitted = Vec::new();
    for found in found {
        match address::check(found.ip(), private) {
            Ok(()) => permitted.push(found),
            Err(_) => refused = refused.or(Some(found.ip())),
        }
    }
    match refused {
        Some(address) if permitted.is_empty() => Err(ResolveError::Refused(address)),
        _ => Ok(permitted.into_iter()),
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
    fn refused_addresses_of_a_name_are_dropped() {
        let permitted: Vec<_> = filter(addresses(&["127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1"]), false)
            .unwrap()
            .collect();
        assert_eq!(permitted, addresses(&["8.8.8.8"]).collect::<Vec<_>>());
        assert!(
            matches!(filter(addresses(&["10.0.0.1", "::1"]), false), Err(ResolveError::Refused(address)) if address.to_string() == "10.0.0.1")
        );
    }

    #[test]
    fn a_private_grant_permits_private_addresses_but_no_refused_ones() {
        let permitted: Vec<_> = filter(addresses(&["127.0.0.1", "0.0.0.0", "224.0.0.1"]), true)
            .unwrap()
            .collect();
        assert_eq!(permitted, addresses(&["127.0.0.1"]).collect::<Vec<_>>());
    }
}
