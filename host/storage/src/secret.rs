//! Values that must not be shown: passwords, keys, addresses that hold either.
//!
//! Guarantee: neither `Debug` nor `Display` of anything that holds a [`Secret`] shows it. Only
//! [`Secret::expose`] does.
//!
//! Not the `secrecy` crate: one small type is all that is needed. Its values are also compared, and
//! taken out of the messages of libraries and servers.

use std::fmt;

/// Replacement for a secret in a message.
const HIDDEN: &str = "***";

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(value: impl Into<Box<str>>) -> Self {
        Self(value.into())
    }

    /// Returns the text, for the call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the message without this text, in case a library or a server repeated it.
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

/// Returns the part of a URL that can be shown: `scheme://host[:port]`. User, password, path and
/// query can hold credentials.
#[must_use]
pub fn shown_address(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return HIDDEN.to_owned();
    };
    // The last `@` ends the credentials, even where a password holds `/`, `?` or another `@`. The
    // host follows it.
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}
