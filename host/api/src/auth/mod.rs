//! Keys of the API.
//!
//! Guarantee: what is compared are SHA-256 digests, so that the time it takes says nothing about a key; no key is kept
//! in clear, printed or logged.

mod operators;

use std::collections::HashSet;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};

use crate::{ApiError, Shared};
use vconduit_base::names::ListName;
use vconduit_config::{IngressAuth, Settings};
use vconduit_engine::snapshot::Snapshot;

pub use operators::{Admin, AdminKeys};

/// Why the keys of the settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CONSERVER_HEADER_NAME {0:?} is not the name of an HTTP header; use letters, digits and hyphens")]
pub struct HeaderNameError(String);

type KeyDigest = [u8; 32];

fn digest(key: &[u8]) -> KeyDigest {
    Sha256::digest(key).into()
}

/// The keys that open the API, and the header that they come in.
pub struct Keys {
    header: HeaderName,
    /// Absent: no keys are configured and every route is open.
    accepted: Option<HashSet<KeyDigest>>,
}

impl Keys {
    /// Takes the keys from the settings. A blank line opens nothing but does close the API.
    ///
    /// # Errors
    /// When the header's name is not one.
    pub fn new(settings: &Settings) -> Result<Self, HeaderNameError> {
        let header = HeaderName::try_from(settings.api_key_header.as_str())
            .map_err(|_| HeaderNameError(settings.api_key_header.clone()))?;
        let keys = settings.api_keys.iter().filter(|key| !key.is_empty());
        let accepted = keys.map(|key| digest(key.as_bytes())).collect();
        Ok(Self {
            header,
            accepted: (!settings.api_keys.is_empty()).then_some(accepted),
        })
    }

    /// The header that keys come in.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Whether the API is open to anyone.
    #[must_use]
    pub fn open(&self) -> bool {
        self.accepted.is_none()
    }

    /// Whether this request may use the API.
    #[must_use]
    pub fn admit(&self, headers: &HeaderMap) -> bool {
        let Some(accepted) = &self.accepted else {
            return true;
        };
        self.presented(headers)
            .is_some_and(|key| accepted.contains(&digest(key)))
    }

    /// The key that came with the request: the whole header, not empty.
    fn presented<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        headers
            .get(&self.header)
            .map(http::HeaderValue::as_bytes)
            .filter(|key| !key.is_empty())
    }

    /// Whether this request may post to this list from outside: the list's own keys, never those of the API.
    ///
    /// # Errors
    /// 403, in the words that the Conserver's clients know.
    pub fn admit_partner(&self, headers: &HeaderMap, snapshot: &Snapshot, list: &ListName) -> Result<(), ApiError> {
        let refused = |detail: String| Err(ApiError::Forbidden(detail));
        let Some(key) = self.presented(headers) else {
            return refused("API Key required".into());
        };
        let auth = &snapshot.config.ingress_auth;
        if auth.is_empty() {
            return refused("No ingress authentication configured".into());
        }
        match auth.get(list) {
            None => refused(format!("Ingress list '{list}' not configured")),
            Some(IngressAuth::Invalid) => refused(format!("Invalid configuration for ingress list '{list}'")),
            Some(IngressAuth::Keys(keys)) if opens(keys, key) => Ok(()),
            Some(IngressAuth::Keys(_)) => refused(format!("Invalid API Key for ingress list '{list}'")),
        }
    }
}

/// Compares with every key, so that the time does not say which one it was.
fn opens(keys: &[String], presented: &[u8]) -> bool {
    let presented = digest(presented);
    keys.iter()
        .filter(|key| !key.is_empty())
        .fold(false, |found, key| found | (digest(key.as_bytes()) == presented))
}

/// Proof that a request without a body came with a key of the API.
pub struct Keyed;

impl FromRequestParts<Shared> for Keyed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        if api.keys.admit(&parts.headers) {
            Ok(Self)
        } else {
            Err(ApiError::InvalidKey)
        }
    }
}
