//! The id of a vCon.
//!
//! Guarantee: every [`VconId`] has passed its check. There is no other way to make one.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest id, in bytes. A UUID has 36. Keys of this length are cheap in every store.
pub const MAX_ID_BYTES: usize = 512;

/// The id of a vCon: its member `uuid`. The vCon draft requires a UUID, but older documents have
/// other texts, so any text within the limits of [`new`](Self::new) is an id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VconId(Arc<str>);

/// The error for a text that can't be the id of a vCon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a vCon id: {rule}")]
pub struct IdError {
    /// The text at fault, cut to 100 characters.
    pub value: String,
    /// The rule that the text breaks.
    pub rule: &'static str,
}

impl VconId {
    /// Makes an id of a text.
    ///
    /// # Errors
    /// If the text is empty, longer than [`MAX_ID_BYTES`] or has control characters.
    pub fn new(value: impl AsRef<str>) -> Result<Self, IdError> {
        let value = value.as_ref();
        match broken_rule(value) {
            None => Ok(Self(Arc::from(value))),
            Some(rule) => Err(IdError {
                value: value.chars().take(100).collect(),
                rule,
            }),
        }
    }

    /// Returns the text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn broken_rule(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("it must not be empty")
    } else if value.len() > MAX_ID_BYTES {
        Some("it must not be longer than 512 bytes")
    } else if value.chars().any(char::is_control) {
        Some("it must not hold control characters")
    } else {
        None
    }
}

impl fmt::Display for VconId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for VconId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl AsRef<str> for VconId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for VconId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for VconId {
    type Error = IdError;
    fn try_from(value: String) -> Result<Self, IdError> {
        Self::new(value)
    }
}

impl TryFrom<&str> for VconId {
    type Error = IdError;
    fn try_from(value: &str) -> Result<Self, IdError> {
        Self::new(value)
    }
}

impl From<VconId> for String {
    fn from(value: VconId) -> Self {
        value.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_empty_not_long_and_has_no_control_characters() {
        for text in ["", "a\nb", &"x".repeat(513)] {
            assert!(VconId::new(text).is_err(), "{text:?} was accepted");
        }
        assert_eq!(
            VconId::new("0195544a-b9b1-8ee4").unwrap().as_str(),
            "0195544a-b9b1-8ee4"
        );
    }
}
