//! JSON Pointers (RFC 6901).
//!
//! Guarantee: a [`Pointer`] is well-formed; what it leads to is for the document to say.
//!
//! Not the `jsonptr` crate: it resolves pointers in `serde_json::Value`, where this one leads into
//! the tree.

use std::borrow::Cow;
use std::fmt;

/// A checked JSON Pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(Box<str>);

impl Pointer {
    /// Checks a text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!("{text:?} has to be empty or begin with `/`"));
        }
        let tilde_at_fault = text.split('~').skip(1).any(|after| !after.starts_with(['0', '1']));
        if tilde_at_fault {
            return Err(format!("{text:?} has a `~` that is not part of `~0` or `~1`"));
        }
        Ok(Self(text.into()))
    }

    /// The pointer to the whole document.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }

    /// The pointer to a member or element of what this one leads to.
    #[must_use]
    pub fn child(&self, token: &str) -> Self {
        let escaped = if token.contains(['~', '/']) {
            Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
        } else {
            Cow::Borrowed(token)
        };
        Self(format!("{}/{escaped}", self.0).into())
    }

    /// The pointer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names and indexes on the way, unescaped.
    #[must_use]
    pub fn tokens(&self) -> Vec<Cow<'_, str>> {
        self.0.split('/').skip(1).map(unescape).collect()
    }
}

fn unescape(token: &str) -> Cow<'_, str> {
    if !token.contains('~') {
        return Cow::Borrowed(token);
    }
    Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
}

/// The array index that a token is: digits, no leading zero.
pub(super) fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_a_pointer_is_refused() {
        for text in ["a", "a/b", "/~", "/a~2", "/~/x"] {
            assert!(Pointer::parse(text).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn tokens_are_unescaped_in_the_right_order() {
        let pointer = Pointer::parse("/a~1b/~01//x").unwrap();
        assert_eq!(pointer.tokens(), ["a/b", "~1", "", "x"], "tokens");
        assert!(Pointer::root().tokens().is_empty(), "the root has no tokens");
    }

    #[test]
    fn a_child_reads_back_as_its_token() {
        let pointer = Pointer::root().child("a/b~c");
        assert_eq!(pointer.as_str(), "/a~1b~0c", "escaped form");
        assert_eq!(pointer.tokens(), ["a/b~c"], "token");
    }

    #[test]
    fn indexes_have_no_leading_zero_or_sign() {
        assert_eq!(index("0"), Some(0), "zero");
        assert_eq!(index("10"), Some(10), "ten");
        for token in ["", "-", "-1", "+1", "01", "1.0", "99999999999999999999999"] {
            assert_eq!(index(token), None, "{token:?} was taken as an index");
        }
    }
}
