//! JSON Pointers (RFC 6901).
//!
//! Guarantee: every [`Pointer`] is well-formed. Whether it leads to a value depends on the
//! document.
//!
//! Not the `jsonptr` crate: it resolves pointers in `serde_json::Value`, while these are resolved
//! in the tree of a document.

use std::borrow::Cow;
use std::fmt;

/// A well-formed JSON Pointer.
///
/// # Examples
/// ```
/// use vcon_document::Pointer;
///
/// let pointer = Pointer::parse("/meta")?.child("a/b");
/// assert_eq!(pointer.as_str(), "/meta/a~1b");
/// assert_eq!(pointer.tokens(), ["meta", "a/b"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(Box<str>);

impl Pointer {
    /// Reads a pointer: empty, or `/` before each member name or index, with `~0` for `~` and `~1`
    /// for `/`.
    ///
    /// # Errors
    /// A message with the text and the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!("{text:?} has to be empty or begin with `/`"));
        }
        let has_stray_tilde = text.split('~').skip(1).any(|after| !after.starts_with(['0', '1']));
        if has_stray_tilde {
            return Err(format!("{text:?} has a `~` that is not part of `~0` or `~1`"));
        }
        Ok(Self(text.into()))
    }

    /// Returns the pointer to the whole document, which is empty.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }

    /// Returns the pointer to a member or element of the value that this one leads to. `token` is
    /// not escaped.
    #[must_use]
    pub fn child(&self, token: &str) -> Self {
        let escaped = if token.contains(['~', '/']) {
            Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
        } else {
            Cow::Borrowed(token)
        };
        Self(format!("{}/{escaped}", self.0).into())
    }

    /// Returns the text of the pointer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the member names and indexes on the way, unescaped.
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

/// Reads a token as an array index: digits without a leading zero.
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
            assert!(Pointer::parse(text).is_err(), "{text} was accepted");
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
            assert_eq!(index(token), None, "{token:?} was accepted as an index");
        }
    }
}
