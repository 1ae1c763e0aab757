//! Policy for requests: counts, method, URL, host, port, address literal.
//!
//! Guarantee: an [`Admitted`] request is within the call's counts and goes to a granted host and
//! port. An address literal is checked here, the addresses of a name when it is resolved.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use http::{Method, Request};
use wasmtime_wasi_http::{Error, WasiBody};

use super::address::{self, AddressKind};
use super::header;
use super::request::OutboundRequest;
use super::state::RequestSlot;
use super::target::{Target, TargetHost};
use vconduit_policy::grants::{Grants, HostGrant};

/// A request that may be sent.
pub(super) struct Admitted {
    /// The request, secrets filled in.
    pub request: Request<WasiBody>,
    /// Its target.
    pub target: Target,
    /// True if its grant permits private addresses.
    pub private: bool,
    /// Its slot among the requests that are open at the same time.
    pub slot: RequestSlot,
    /// The request's record and its call.
    pub outbound: OutboundRequest,
}

/// Checks a request, counts it and fills in its secrets.
pub(super) fn admit(outbound: OutboundRequest, mut request: Request<WasiBody>) -> Result<Admitted, Error> {
    outbound.count_attempt()?;
    // The traffic inside a tunnel can't be checked.
    if request.method() == Method::CONNECT {
        outbound.note("request refused: the method CONNECT is not for links");
        return Err(Error::HttpRequestMethodInvalid);
    }
    let target = Target::of(request.uri())?;
    let Some(private) = granted(&outbound.state.grants, &target) else {
        outbound.note(&format!(
            "request to {target} refused: not granted; add `http: [{}]` to the link's grants",
            missing_grant(&target)
        ));
        return Err(Error::HttpRequestDenied);
    };
    if let TargetHost::Address(address) = target.host {
        address::check(address, private).inspect_err(|_| outbound.note(&refusal(&target, address)))?;
    }
    header::fill_secrets(&outbound, request.headers_mut())?;
    let slot = outbound.take_slot()?;
    outbound.state.admitted.fetch_add(1, Ordering::Relaxed);
    Ok(Admitted {
        request,
        target,
        private,
        slot,
        outbound,
    })
}

/// Returns the missing grant for a target, as it is written in the configuration.
fn missing_grant(target: &Target) -> String {
    match target.host {
        TargetHost::Address(address) if AddressKind::of(address) == AddressKind::Private => {
            format!("{{host: \"{target}\", private: true}}")
        }
        TargetHost::Address(_) | TargetHost::Name(_) => format!("\"{target}\""),
    }
}

/// Returns the log line for a refused address.
pub(super) fn refusal(target: &Target, address: IpAddr) -> String {
    match AddressKind::of(address) {
        AddressKind::Refused => format!("request to {target} refused: {address} is not the address of a host"),
        AddressKind::Private | AddressKind::Public => {
            format!(
                "request to {target} refused: {address} is an address of this machine or network; grant the host with `private: true` if the link is meant to reach it"
            )
        }
    }
}

/// Returns None if a target is not granted, else true if its grant permits private addresses.
fn granted(grants: &Grants, target: &Target) -> Option<bool> {
    let matching = grants.http.iter().filter(|grant| fits(grant, target));
    // `*` means public hosts, even in a grant with `private: true`.
    matching.map(|grant| grant.private && grant.host != "*").max()
}

fn fits(grant: &HostGrant, target: &Target) -> bool {
    let port = match grant.port {
        Some(port) => port == target.port,
        None => target.is_default_port,
    };
    port && host_fits(&grant.host, &target.host)
}

fn host_fits(pattern: &str, host: &TargetHost) -> bool {
    if pattern == "*" {
        return true;
    }
    match host {
        TargetHost::Address(address) => pattern.trim_start_matches('[').trim_end_matches(']').parse() == Ok(*address),
        TargetHost::Name(name) => match pattern.strip_prefix("*.") {
            Some(domain) => name
                .strip_suffix(domain)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => pattern.eq_ignore_ascii_case(name),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(host: &str, port: Option<u16>, private: bool) -> HostGrant {
        HostGrant {
            host: host.to_owned(),
            port,
            private,
        }
    }

    fn allowed(grants: &[HostGrant], uri: &str) -> Option<bool> {
        let grants = Grants {
            http: grants.to_vec(),
            ..Grants::default()
        };
        granted(&grants, &Target::of(&uri.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_name_is_granted_exactly_and_with_the_default_port() {
        let grants = [grant("api.example.com", None, false)];
        assert_eq!(allowed(&grants, "https://api.example.com/x"), Some(false));
        assert_eq!(allowed(&grants, "http://API.example.com./x"), Some(false));
        assert_eq!(allowed(&grants, "https://api.example.com:8443/"), None);
        assert_eq!(allowed(&grants, "https://example.com/"), None);
        assert_eq!(allowed(&grants, "https://api.example.com.evil.net/"), None);
    }

    #[test]
    fn a_domain_pattern_covers_only_names_below_it() {
        let grants = [grant("*.example.com", None, false)];
        assert_eq!(allowed(&grants, "https://a.b.example.com/"), Some(false));
        assert_eq!(allowed(&grants, "https://example.com/"), None);
        assert_eq!(allowed(&grants, "https://notexample.com/"), None);
        assert_eq!(allowed(&grants, "https://.example.com/"), None);
    }

    #[test]
    fn the_pattern_for_all_hosts_never_grants_private_addresses() {
        assert_eq!(allowed(&[grant("*", None, true)], "https://10.0.0.1/"), Some(false));
        assert_eq!(
            allowed(&[grant("10.0.0.1", Some(8080), true)], "http://10.0.0.1:8080/"),
            Some(true)
        );
        assert_eq!(
            allowed(&[grant("::1", Some(8080), true)], "http://[::1]:8080/"),
            Some(true)
        );
    }
}
