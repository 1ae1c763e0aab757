//! Values that must not be seen: passwords, keys, addresses that hold either.
//!
//! Guarantee: neither `Debug` nor `Display` of anything that holds a [`Secret`] shows it; only [`Secret::expose`] does.
//!
//! Not the `secrecy` crate: one small type is all that is needed, and its values are also compared
//! and taken out of messages of others.

use std::fmt;

/// What stands where a secret was.
const HIDDEN: &str = "***";

/// A text that doesn't print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(value: impl Into<Box<str>>) -> Self {
        Self(value.into())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A message without this text, should a library or a server have repeated it.
    #[must_use]
    pub fn scrub(&self, message: &str) -> String {
        if self.0.is_empty() {
            message.to_owned()
        } else {
            message.replace(&*self.0, HIDDEN)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Where a URL leads: `scheme://host[:port]`. User, password, path and query stay out, each can hold a credential.
#[must_use]
pub fn shown_address(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return HIDDEN.to_owned();
    };
    // The last `@` ends the credentials even where a password holds `/`, `?` or another `@`; the host is what follows it.
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}
