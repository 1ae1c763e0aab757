//! Who may use the admin API.
//!
//! Guarantee: a key of the API does not open the admin API, nor the other way round. Without admin keys it is open only on a host that
//! listens on loopback and has no keys of the API either, and there only to programs of this machine: a web page that a browser
//! shows can't use it.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};

use super::{KeyDigest, digest};
use crate::Shared;
use crate::admin::Problem;
use crate::edge::request_id::RequestId;
use vconduit_config::Settings;
use vconduit_engine::control::Actor;

/// What the name of a key stands for where there are no keys.
const NOBODY: &str = "local";

const BEARER: &str = "Bearer ";

/// The keys that open the admin API, each with the name that the audit log knows its holder by.
pub struct AdminKeys {
    keys: Vec<(String, KeyDigest)>,
    /// Whether it is open to programs of this machine.
    open_to_this_machine: bool,
}

impl AdminKeys {
    /// Takes the keys from the settings. `loopback`: whether the host listens on a loopback address.
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

    /// Whether a request that is not one of the admin API may do what only an admin may: where there are admin keys, it needs one.
    #[must_use]
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        self.keys.is_empty() || self.admit(headers).is_ok()
    }

    /// The name of the caller.
    fn admit(&self, headers: &HeaderMap) -> Result<String, Problem> {
        if let Some(key) = bearer(headers) {
            let presented = digest(key);
            // Compares with every key, so that the time does not say which one it was.
            let found = self.keys.iter().fold(
                None,
                |found, (name, key)| {
                    if *key == presented { Some(name) } else { found }
                },
            );
            if let Some(name) = found {
                return Ok(name.clone());
            }
        }
        if self.open_to_this_machine {
            return from_this_machine(headers).map(|()| NOBODY.to_owned());
        }
        if self.keys.is_empty() {
            return Err(Problem::forbidden("the admin API is closed: this host has no admin keys").fix(
                "set VCONDUIT_ADMIN_TOKEN, or VCONDUIT_ADMIN_TOKEN_FILE with lines `name:key`, and start the host again",
            ));
        }
        Err(Problem::unauthorized())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let key = value.strip_prefix(BEARER.as_bytes())?;
    (!key.is_empty()).then_some(key)
}

/// A page can make a browser send requests to this machine, also under a name of its own that leads here.
fn from_this_machine(headers: &HeaderMap) -> Result<(), Problem> {
    let local = |name: &HeaderName| {
        headers.get(name).is_none_or(|value| {
            let value = value.to_str().unwrap_or_default();
            let authority = value.split_once("://").map_or(value, |(_, authority)| authority);
            is_loopback(authority)
        })
    };
    if local(&header::HOST) && local(&header::ORIGIN) {
        return Ok(());
    }
    Err(
        Problem::forbidden("without admin keys the admin API answers only to http://127.0.0.1 and localhost")
            .fix("call it by that address, or set VCONDUIT_ADMIN_TOKEN"),
    )
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

/// Proof that a request may use the admin API, with its sender.
#[derive(Debug, Clone)]
pub struct Admin(pub Actor);

impl FromRequestParts<Shared> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        let name = api.admin_keys.admit(&parts.headers)?;
        let request_id = parts
            .extensions
            .get::<RequestId>()
            .map(RequestId::as_str)
            .unwrap_or("-");
        Ok(Self(Actor {
            name,
            request_id: request_id.to_owned(),
        }))
    }
}
