//! Partners: each has keys for lists of its own (`ingress_auth` in the configuration).
//!
//! Guarantee: a key of the API does not make a partner, nor the other way round.

use http::HeaderMap;

use super::{ApiKeys, digest};
use vconduit_base::names::ListName;
use vconduit_config::{Config, IngressAuth};

/// A caller that may post to one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    list: ListName,
}

/// Reasons why a caller may not post to a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartnerRefused {
    /// The request has no key.
    #[error("the request has no key")]
    NoKey,
    /// The configuration has no keys of partners.
    #[error("the configuration has no keys of partners")]
    NoPartners,
    /// The list has no keys of partners.
    #[error("list {0} has no keys of partners")]
    NoKeysOf(ListName),
    /// The entry of the list in the configuration holds something else than keys.
    #[error("the keys of list {0} are configured as something else than texts")]
    NotKeysOf(ListName),
    /// The key of the request is not one of the list.
    #[error("the key is not one of list {0}")]
    WrongKeyOf(ListName),
}

impl Partner {
    /// The list that the partner may post to.
    #[must_use]
    pub fn list(&self) -> &ListName {
        &self.list
    }
}

impl ApiKeys {
    /// The caller, as a partner that posts to this list. Keys of partners are in the same header as
    /// those of the API.
    ///
    /// # Errors
    /// The request has no key of this list.
    pub fn partner(&self, headers: &HeaderMap, config: &Config, list: &ListName) -> Result<Partner, PartnerRefused> {
        let key = self.key(headers).ok_or(PartnerRefused::NoKey)?;
        if config.ingress_auth.is_empty() {
            return Err(PartnerRefused::NoPartners);
        }
        match config.ingress_auth.get(list) {
            None => Err(PartnerRefused::NoKeysOf(list.clone())),
            Some(IngressAuth::Invalid) => Err(PartnerRefused::NotKeysOf(list.clone())),
            Some(IngressAuth::Keys(keys)) if opens(keys, key) => Ok(Partner { list: list.clone() }),
            Some(IngressAuth::Keys(_)) => Err(PartnerRefused::WrongKeyOf(list.clone())),
        }
    }
}

/// Compares with every key, so that the time does not tell which one was equal.
fn opens(keys: &[String], presented: &[u8]) -> bool {
    let presented = digest(presented);
    keys.iter()
        .filter(|key| !key.is_empty())
        .fold(false, |found, key| found | (digest(key.as_bytes()) == presented))
}
