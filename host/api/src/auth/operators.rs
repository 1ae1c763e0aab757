//! Operators: callers that may use the admin API.
//!
//! Guarantee: a key of the API does not open the admin API, nor the other way round. Without admin
//! keys the admin API is open only on a host that listens on loopback and has no keys of the API
//! either, and there only to programs of this machine: a web page in a browser can't use it.

use http::{HeaderMap, HeaderName, header};

use super::{KeyDigest, digest};
use vconduit_config::Settings;

/// Name of the operator where there are no keys.
const LOCAL: &str = "local";

const BEARER: &str = "Bearer ";

/// A caller that may use the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    name: String,
}

/// Reasons why a caller may not use the admin API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperatorRefused {
    /// The request has no admin key, or an unknown one.
    #[error("the request has no admin key, or an unknown one")]
    NoKey,
    /// The host has no admin keys.
    #[error("this host has no admin keys")]
    Closed,
    /// The host has no admin keys, and the request was sent to, or by a page of, another name than
    /// a loopback one.
    #[error("without admin keys the admin API serves only programs of this machine")]
    NotLocal,
}

/// The keys that open the admin API, each with the name of its holder in the audit log.
pub struct AdminKeys {
    keys: Vec<(String, KeyDigest)>,
    /// True if programs of this machine need no key.
    open_to_this_machine: bool,
}

impl Operator {
    /// Name of the operator's key, as the audit log has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl AdminKeys {
    /// The keys of the settings. `loopback` is true if the host listens on a loopback address.
    #[must_use]
    pub fn new(settings: &Settings, loopback: bool) -> Self {
        let keys: Vec<_> = settings
            .admin_keys
            .iter()
            .map(|key| (key.name.clone(), digest(key.key.as_bytes())))
            .collect();
        Self {
            open_to_this_machine: loopback && keys.is_empty() && settings.api_keys.is_empty(),
            keys,
        }
    }

    /// Returns whether a request outside the admin API may do what only an operator may. It needs
    /// an admin key where the host has any.
    #[must_use]
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        self.keys.is_empty() || self.operator(headers).is_ok()
    }

    /// The caller, as an operator.
    ///
    /// # Errors
    /// The request has no admin key, or does not come from this machine where the host has no keys.
    pub fn operator(&self, headers: &HeaderMap) -> Result<Operator, OperatorRefused> {
        if let Some(name) = bearer(headers).and_then(|key| self.holder(key)) {
            return Ok(Operator { name: name.to_owned() });
        }
        if self.open_to_this_machine {
            return local(headers);
        }
        if self.keys.is_empty() {
            return Err(OperatorRefused::Closed);
        }
        Err(OperatorRefused::NoKey)
    }

    /// Compares with every key, so that the time does not tell which one was equal.
    fn holder(&self, key: &[u8]) -> Option<&str> {
        let presented = digest(key);
        self.keys.iter().fold(
            None,
            |found, (name, key)| {
                if *key == presented { Some(name.as_str()) } else { found }
            },
        )
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let key = value.strip_prefix(BEARER.as_bytes())?;
    (!key.is_empty()).then_some(key)
}

/// A page can make a browser send requests to this machine, also under a name of its own that leads
/// here. Its requests show that name.
fn local(headers: &HeaderMap) -> Result<Operator, OperatorRefused> {
    let local = |name: &HeaderName| {
        headers.get(name).is_none_or(|value| {
            let value = value.to_str().unwrap_or_default();
            let authority = value.split_once("://").map_or(value, |(_, authority)| authority);
            is_loopback(authority)
        })
    };
    if local(&header::HOST) && local(&header::ORIGIN) {
        return Ok(Operator { name: LOCAL.to_owned() });
    }
    Err(OperatorRefused::NotLocal)
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<http::uri::Authority>() else {
        return false;
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
