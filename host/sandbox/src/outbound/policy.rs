//! Whether a request may leave: counts, method, form, host, port, address literal.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use http::uri::Scheme;
use http::{Method, Request, Uri};
use wasmtime_wasi_http::{Error, WasiBody};

use super::address::{Place, place};
use super::{Asked, Slot, header};
use vconduit_base::text;
use vconduit_policy::grants::{Grants, HostGrant};

/// The longest address of a request. Servers stop at 8 KiB.
const MAX_URI_BYTES: usize = 8 * 1024;

/// A request that may leave.
pub(super) struct Admitted {
    /// The request, secrets filled in.
    pub request: Request<WasiBody>,
    /// Where to, for messages.
    pub target: Target,
    /// Whether its address may be private.
    pub private: bool,
    /// Its place among those open at the same time.
    pub slot: Slot,
    /// Where to note what becomes of it.
    pub asked: Asked,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The name in lower case without a last dot, or the address.
    pub host: Host,
    /// The port, the scheme's own if none was written.
    pub port: u16,
    /// Whether that is the scheme's own.
    pub own_port: bool,
}

/// A name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A name, to be resolved.
    Name(String),
    /// An address as it is.
    Address(IpAddr),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.host {
            Host::Name(name) => f.write_str(&text::clean(name, 253))?,
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        if self.own_port {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

/// Checks a request and takes it out of the call's budget.
pub(super) fn admit(asked: Asked, mut request: Request<WasiBody>) -> Result<Admitted, Error> {
    asked.count_try()?;
    // A tunnel would carry what can't be checked.
    if request.method() == Method::CONNECT {
        asked.note("request refused: the method CONNECT is not for links");
        return Err(Error::HttpRequestMethodInvalid);
    }
    let target = target(request.uri())?;
    let Some(private) = granted(&asked.call.grants, &target) else {
        asked.note(&format!(
            "request to {target} refused: not granted; add `http: [{}]` to the link's grants",
            missing_grant(&target)
        ));
        return Err(Error::HttpRequestDenied);
    };
    if let Host::Address(address) = target.host {
        check_address(address, private).inspect_err(|_| asked.note(&refusal(&target, address)))?;
    }
    header::fill_secrets(&asked, request.headers_mut())?;
    let slot = asked.take_slot()?;
    asked.call.begun.fetch_add(1, Ordering::Relaxed);
    Ok(Admitted {
        request,
        target,
        private,
        slot,
        asked,
    })
}

/// The grant for a target, as the configuration takes it.
fn missing_grant(target: &Target) -> String {
    match target.host {
        Host::Address(address) if place(address) == Place::Private => {
            format!("{{host: \"{target}\", private: true}}")
        }
        Host::Address(_) | Host::Name(_) => format!("\"{target}\""),
    }
}

/// Whether an address may be connected to.
pub(super) fn check_address(address: IpAddr, private: bool) -> Result<(), Error> {
    match place(address) {
        Place::Public => Ok(()),
        Place::Private if private => Ok(()),
        Place::Private | Place::Never => Err(Error::DestinationIpProhibited),
    }
}

/// The line about an address that is refused.
pub(super) fn refusal(target: &Target, address: IpAddr) -> String {
    match place(address) {
        Place::Never => format!("request to {target} refused: {address} is not the address of a host"),
        Place::Private | Place::Public => {
            format!(
                "request to {target} refused: {address} is an address of this machine or network; grant the host with `private: true` if the link is meant to reach it"
            )
        }
    }
}

fn target(uri: &Uri) -> Result<Target, Error> {
    if uri.to_string().len() > MAX_URI_BYTES {
        return Err(Error::HttpRequestUriTooLong);
    }
    let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    // `user@host` is either a mistake or a disguise.
    if authority.as_str().contains('@') {
        return Err(Error::HttpRequestUriInvalid);
    }
    let own = if uri.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    let port = uri.port_u16().unwrap_or(own);
    let host = host(authority.host())?;
    Ok(Target {
        host,
        port,
        own_port: port == own,
    })
}

fn host(written: &str) -> Result<Host, Error> {
    if let Some(inner) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner
            .parse()
            .map(|address| Host::Address(IpAddr::V6(address)))
            .map_err(|_| Error::HttpRequestUriInvalid);
    }
    if let Ok(address) = written.parse() {
        return Ok(Host::Address(address));
    }
    let name = written.strip_suffix('.').unwrap_or(written).to_ascii_lowercase();
    let plain = !name.is_empty()
        && name.len() <= 253
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if plain {
        Ok(Host::Name(name))
    } else {
        Err(Error::HttpRequestUriInvalid)
    }
}

/// Whether a target is granted; if so, whether its address may be private.
fn granted(grants: &Grants, target: &Target) -> Option<bool> {
    let matching = grants.http.iter().filter(|grant| fits(grant, target));
    // `*` stands for public hosts, whatever else the grant says.
    matching.map(|grant| grant.private && grant.host != "*").max()
}

fn fits(grant: &HostGrant, target: &Target) -> bool {
    let port = match grant.port {
        Some(port) => port == target.port,
        None => target.own_port,
    };
    port && host_fits(&grant.host, &target.host)
}

fn host_fits(pattern: &str, host: &Host) -> bool {
    if pattern == "*" {
        return true;
    }
    match host {
        Host::Address(address) => pattern.trim_start_matches('[').trim_end_matches(']').parse() == Ok(*address),
        Host::Name(name) => match pattern.strip_prefix("*.") {
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
        granted(&grants, &target(&uri.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_name_is_granted_by_itself_and_with_its_schemes_port() {
        let grants = [grant("api.example.com", None, false)];
        assert_eq!(allowed(&grants, "https://api.example.com/x"), Some(false));
        assert_eq!(allowed(&grants, "http://API.example.com./x"), Some(false));
        assert_eq!(allowed(&grants, "https://api.example.com:8443/"), None);
        assert_eq!(allowed(&grants, "https://example.com/"), None);
        assert_eq!(allowed(&grants, "https://api.example.com.evil.net/"), None);
    }

    #[test]
    fn a_domain_pattern_covers_names_below_it_only() {
        let grants = [grant("*.example.com", None, false)];
        assert_eq!(allowed(&grants, "https://a.b.example.com/"), Some(false));
        assert_eq!(allowed(&grants, "https://example.com/"), None);
        assert_eq!(allowed(&grants, "https://notexample.com/"), None);
        assert_eq!(allowed(&grants, "https://.example.com/"), None);
    }

    #[test]
    fn the_star_never_grants_private_addresses() {
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

    #[test]
    fn a_disguised_host_is_refused() {
        for uri in [
            "https://api.example.com@evil.net/",
            "https://user:pw@evil.net/",
            "https://[::1",
        ] {
            assert!(uri.parse::<Uri>().map_or(true, |uri| target(&uri).is_err()), "{uri}");
        }
    }
}
