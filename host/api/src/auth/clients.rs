//! Clients of the API: each key opens all of it.

use std::collections::HashSet;

use http::{HeaderMap, HeaderName};

use super::{KeyDigest, digest};
use vconduit_config::Settings;

/// A caller that may use the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(());

/// The request has no key of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request has no key of the API")]
pub struct ClientRefused;

/// The setting for the header of keys is not the name of a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CONSERVER_HEADER_NAME {0:?} is not the name of an HTTP header; use letters, digits and hyphens")]
pub struct HeaderNameError(String);

/// The keys that open the API, and the header that has them in a request.
pub struct ApiKeys {
    header: HeaderName,
    /// Absent: no keys are configured and every caller is a client.
    accepted: Option<HashSet<KeyDigest>>,
}

impl ApiKeys {
    /// The keys of the settings. An empty key opens nothing, and it closes the API all the same.
    ///
    /// # Errors
    /// The setting for the header is not the name of a header.
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

    /// Name of the header that has the key in a request.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The caller, as a client of the API.
    ///
    /// # Errors
    /// The request has no key of the API where it needs one.
    pub fn client(&self, headers: &HeaderMap) -> Result<Client, ClientRefused> {
        let Some(accepted) = &self.accepted else {
            return Ok(Client(()));
        };
        let key = self.key(headers).ok_or(ClientRefused)?;
        accepted
            .contains(&digest(key))
            .then_some(Client(()))
            .ok_or(ClientRefused)
    }

    /// The key of a request: the whole value of the header, if it is not empty.
    pub(super) fn key<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        headers
            .get(&self.header)
            .map(http::HeaderValue::as_bytes)
            .filter(|key| !key.is_empty())
    }
}
