//! Grants of a link.
//!
//! Guarantee: a link reaches nothing that was not granted. With empty [`Grants`] it reaches
//! nothing.

use vconduit_base::names::SecretName;

/// The resources that a link can reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Hosts that it can send HTTP requests to.
    pub http: Vec<HostGrant>,
    /// Names of secrets that it can use.
    pub secrets: Vec<SecretName>,
    /// Lists that it can push vCon ids to: names, or patterns with one `*` at the end.
    pub queues: Vec<String>,
    /// Allows to read other vCons.
    pub read: bool,
    /// Allows to create vCons.
    pub create: bool,
    /// Allows to delete other vCons.
    pub delete: bool,
    /// Allows to set the lifetime of vCons, its own included.
    pub expire: bool,
}

/// A host that a link can send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGrant {
    /// A name or an address in lower case, `*.domain` for any name below a domain, or `*` for any
    /// public host.
    pub host: String,
    /// The port. None for the default port of the scheme (80 or 443).
    pub port: Option<u16>,
    /// Allows loopback, private and link-local addresses.
    pub private: bool,
}

impl Grants {
    /// Returns true if ids can be pushed to this list.
    #[must_use]
    pub fn allows_queue(&self, list: &str) -> bool {
        self.queues.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => list.starts_with(prefix),
            None => pattern == list,
        })
    }
}
