//! Target of a request: host and port, taken from its URL.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use wasmtime_wasi_http::Error;

use vconduit_base::text;

/// Maximum length of a URL, in bytes. Servers stop at 8 KiB.
const MAX_URL_BYTES: usize = 8 * 1024;

/// Maximum length of a host name, as in DNS.
const MAX_NAME_BYTES: usize = 253;

/// Target of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Host name or address.
    pub host: TargetHost,
    /// Port. The scheme's default if the URL has none.
    pub port: u16,
    /// True if the port is the scheme's default.
    pub is_default_port: bool,
}

/// Host of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetHost {
    /// A name to be resolved, in lower case and without a trailing dot.
    Name(String),
    /// An address literal.
    Address(IpAddr),
}

impl Target {
    /// Returns the target of a URL.
    pub(super) fn of(url: &Uri) -> Result<Self, Error> {
        if url.to_string().len() > MAX_URL_BYTES {
            return Err(Error::HttpRequestUriTooLong);
        }
        let authority = url.authority().ok_or(Error::HttpRequestUriInvalid)?;
        // `user@host` is either a mistake or a disguise.
        if authority.as_str().contains('@') {
            return Err(Error::HttpRequestUriInvalid);
        }
        let default = if url.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
        let port = url.port_u16().unwrap_or(default);
        Ok(Self {
            host: TargetHost::of(authority.host())?,
            port,
            is_default_port: port == default,
        })
    }
}

impl TargetHost {
    fn of(written: &str) -> Result<Self, Error> {
        if let Some(inner) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return inner
                .parse()
                .map(|address| Self::Address(IpAddr::V6(address)))
                .map_err(|_| Error::HttpRequestUriInvalid);
        }
        if let Ok(address) = written.parse() {
            return Ok(Self::Address(address));
        }
        let name = written.strip_suffix('.').unwrap_or(written).to_ascii_lowercase();
        let is_plain = !name.is_empty()
            && name.len() <= MAX_NAME_BYTES
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if is_plain {
            Ok(Self::Name(name))
        } else {
            Err(Error::HttpRequestUriInvalid)
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            TargetHost::Name(name) => f.write_str(&text::clean(name, MAX_NAME_BYTES))?,
            TargetHost::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            TargetHost::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        if self.is_default_port {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_host_is_refused() {
        for url in [
            "https://api.example.com@evil.net/",
            "https://user:pw@evil.net/",
            "https://[::1",
        ] {
            assert!(
                url.parse::<Uri>().map_or(true, |url| Target::of(&url).is_err()),
                "{url} has a target"
            );
        }
    }
}
