//! Name resolution for outbound requests.
//!
//! Guarantee: a connection is opened only to an address that was checked after the name was resolved.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use super::policy::check_address;

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
