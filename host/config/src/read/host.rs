//! Hosts as grants name them.
//!
//! Guarantee: a host that comes out is lower case, without scheme, path, credentials or brackets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The name or address, in lower case.
    pub host: String,
    /// The port, if one is written.
    pub port: Option<u16>,
}

/// Reads `name`, `name:port`, `*.domain`, `*`, an address, or `[v6]:port`.
///
/// # Errors
/// What to write instead.
pub fn parse(text: &str) -> Result<HostPort, String> {
    if text.contains("://") {
        return Err(match of_url(text) {
            Some(found) => format!("a grant names a host, not a URL: write `{}`", found.display()),
            None => "a grant names a host, not a URL".to_owned(),
        });
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(HostPort {
            host: address.to_string(),
            port: None,
        });
    }
    let (host, port) = split(text).ok_or("the port has to be a number from 1 to 65535")?;
    let host = host.to_ascii_lowercase();
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| "what is in brackets has to be an IPv6 address")?;
        return Ok(HostPort {
            host: address.to_string(),
            port,
        });
    }
    let name = if host == "*" {
        "any"
    } else {
        host.strip_prefix("*.").unwrap_or(&host)
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if !is_name(name) {
        return Err("write a host as `api.example.com`, `*.example.com`, `10.0.0.5:9000` or `*`".to_owned());
    }
    Ok(HostPort {
        host: host.strip_suffix('.').unwrap_or(&host).to_owned(),
        port,
    })
}

impl HostPort {
    fn display(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

/// The host of an `http://` or `https://` URL; nothing for any other text.
#[must_use]
pub fn of_url(url: &str) -> Option<HostPort> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // `:` before nothing is allowed in a URL and means the scheme's own port.
    let host = host.strip_suffix(':').unwrap_or(host);
    parse(host).ok().filter(|found| !found.host.contains('*'))
}

fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let after_bracket = text.rfind(']').unwrap_or(0);
    match text.rfind(':').filter(|colon| *colon >= after_bracket) {
        Some(colon) => {
            let port = text.get(colon + 1..)?;
            // `+80` parses as a number but is none here.
            let port = port
                .parse()
                .ok()
                .filter(|value| *value > 0 && port.bytes().all(|digit| digit.is_ascii_digit()))?;
            Some((text.get(..colon)?, Some(port)))
        }
        None => Some((text, None)),
    }
}

fn is_name(name: &str) -> bool {
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.split('.').all(label_ok)
}

/// True if a host as written is this machine or in a private network. Host names are resolved only
/// at a request.
pub(super) fn is_private(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_private_v4(address),
        Ok(IpAddr::V6(address)) => is_private_v6(address),
        Err(_) => false,
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let shared = matches!(address.octets(), [100, second, ..] if (64..128).contains(&second));
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_private_v4(v4);
    }
    address.is_loopback() || address.is_unspecified() || address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Option<u16>)> {
        parse(text).ok().map(|found| (found.host, found.port))
    }

    #[test]
    fn hosts_are_read_in_every_form() {
        for (text, host, port) in [
            ("api.example.com", "api.example.com", None),
            ("API.Example.com:8443", "api.example.com", Some(8443)),
            ("*.example.com:8443", "*.example.com", Some(8443)),
            ("*", "*", None),
            ("example.com.", "example.com", None),
            ("10.0.0.5:9000", "10.0.0.5", Some(9000)),
            ("::1", "::1", None),
            ("[::1]:8080", "::1", Some(8080)),
            ("[FE80:0::1]", "fe80::1", None),
        ] {
            assert_eq!(parsed(text), Some((host.to_owned(), port)), "for {text}");
        }
        for text in [
            "",
            "a b",
            "a:0",
            "a:70000",
            "a:+80",
            "a:",
            "*.",
            "a.*.com",
            "**",
            "a/b",
            "[x]:1",
            "http://a/",
            "u@h",
            "a..b",
        ] {
            assert_eq!(parsed(text), None, "for {text:?}");
        }
        assert!(parse("https://u:p@A.com:8443/x").unwrap_err().contains("`a.com:8443`"));
    }

    #[test]
    fn urls_give_their_host_and_explicit_port() {
        for (url, host, port) in [
            ("https://hooks.example.com/a?b#c", "hooks.example.com", None),
            ("http://127.0.0.1:8099/hook", "127.0.0.1", Some(8099)),
            ("HTTP://user:pass@Host:81", "host", Some(81)),
            ("http://[::1]:9/x", "::1", Some(9)),
            ("http://h:/x", "h", None),
        ] {
            assert_eq!(
                of_url(url),
                Some(HostPort {
                    host: host.to_owned(),
                    port
                }),
                "for {url}"
            );
        }
        for url in ["ftp://h/x", "http:///x", "https://*/x", "hooks.example.com", ""] {
            assert_eq!(of_url(url), None, "for {url}");
        }
    }

    #[test]
    fn private_hosts_are_known_as_such() {
        for host in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in ["::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(is_private(host), "{host}");
        }
        for host in ["example.com", "8.8.8.8", "2606:4700::1111", "*", "100.128.0.1"] {
            assert!(!is_private(host), "{host}");
        }
    }
}
