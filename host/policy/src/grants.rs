//! What a link may reach. Nothing is ambient: an empty [`Grants`] reaches nothing.

use vconduit_base::names::SecretName;

/// What a link may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Hosts for outbound HTTP.
    pub http: Vec<HostGrant>,
    /// Secrets by name.
    pub secrets: Vec<SecretName>,
    /// Lists that ids may be pushed to: names, or patterns with one `*` at the end.
    pub queues: Vec<String>,
    /// Other vCons: read.
    pub read: bool,
    /// Other vCons: create.
    pub create: bool,
    /// Other vCons: delete.
    pub delete: bool,
    /// Lifetimes of vCons, its own included.
    pub expire: bool,
}

/// A host that a link may send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGrant {
    /// A name or address, or `*.domain` for any name below a domain, lower case; `*` for any public host.
    pub host: String,
    /// The port; absent: the scheme's own (80, 443).
    pub port: Option<u16>,
    /// Whether its address may be loopback, private or link-local.
    pub private: bool,
}

impl Grants {
    /// Whether ids may be pushed to this list.
    #[must_use]
    pub fn allows_queue(&self, list: &str) -> bool {
        self.queues.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => list.starts_with(prefix),
            None => pattern == list,
        })
    }
}
