//! Names and ids, one type for each kind, so that they can't be confused.
//!
//! Guarantee: every value has passed the check of its type. There is no other way to make one.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The error for a text that is not a name of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {kind}: {rule}")]
pub struct NameError {
    /// The expected kind of name, for example `link name`.
    pub kind: &'static str,
    /// The text at fault, cut to 100 characters.
    pub value: String,
    /// The rule that the text breaks.
    pub rule: &'static str,
}

/// The longest name or id, in bytes. Redis accepts far longer keys. Nobody needs them, and keys of
/// this length are cheap.
pub const MAX_NAME_BYTES: usize = 512;

/// Beginnings of the keys that the store uses for other values than lists, or for lists of its own.
/// A list under such a name would damage what the key means.
const RESERVED: [&str; 6] = ["vconduit:", "vcon:", "context:", "tel:", "mailto:", "name:"];

fn check(kind: &'static str, value: &str) -> Result<(), NameError> {
    let rule = if value.is_empty() {
        "it must not be empty"
    } else if value.len() > MAX_NAME_BYTES {
        "it must not be longer than 512 bytes"
    } else if value.chars().any(char::is_control) {
        "it must not hold control characters"
    } else if kind == LIST_NAME && RESERVED.iter().any(|reserved| value.starts_with(reserved)) {
        "names that begin with vconduit:, vcon:, context:, tel:, mailto: or name: belong to the host"
    } else {
        return Ok(());
    };
    Err(NameError {
        kind,
        value: value.chars().take(100).collect(),
        rule,
    })
}

const LIST_NAME: &str = "list name";

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// Makes a name of a text.
            ///
            /// # Errors
            /// If the text is empty, longer than [`MAX_NAME_BYTES`] or has control characters. For
            /// a list also if the name begins like a key of the store.
            pub fn new(value: impl AsRef<str>) -> Result<Self, NameError> {
                check($kind, value.as_ref())?;
                Ok(Self(Arc::from(value.as_ref())))
            }

            /// Returns the text of the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(value: String) -> Result<Self, NameError> {
                Self::new(value)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = NameError;
            fn try_from(value: &str) -> Result<Self, NameError> {
                Self::new(value)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0.as_ref().to_owned()
            }
        }
    };
}

name!(
    /// The name of a queue of vCon ids: an ingress, egress or dead-letter list.
    ListName, LIST_NAME
);
name!(
    /// The name of a chain in the configuration.
    ChainName, "chain name"
);
name!(
    /// The name of a link in the configuration: of a component with options, grants and limits.
    LinkName, "link name"
);
name!(
    /// The name of a storage in the configuration.
    StorageName, "storage name"
);
name!(
    /// The id of a claim: the hold of a worker on one entry of an ingress list. The worker makes
    /// it, and no other claim ever has it.
    ClaimId, "claim id"
);
name!(
    /// The id of a running host process, in claims and in logs. Each start has another.
    HostId, "host id"
);
name!(
    /// The name of a secret. The value is never in a type that prints it.
    SecretName, "secret name"
);
name!(
    /// The digest of a component: the SHA-256 of its bytes as 64 hex digits in lower case.
    Digest, "digest"
);

impl ListName {
    /// Returns the name of the dead-letter list of this ingress list: `DLQ:<list>`, as in the
    /// Conserver.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self(format!("DLQ:{}", self.0).into())
    }
}

impl Digest {
    /// Reads a digest: 64 hex digits in lower case.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(is_digit) {
            return Ok(Self(text.into()));
        }
        Err(NameError {
            kind: "digest",
            value: text.chars().take(100).collect(),
            rule: "it has to be 64 hex digits in lower case",
        })
    }

    /// Returns the digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(hex::encode(sha2::Sha256::digest(bytes)).into())
    }
}

impl ClaimId {
    /// Makes a new id.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }
}

impl HostId {
    /// Makes a new id of the process id and a random part.
    #[must_use]
    pub fn random() -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self(format!("{}-{}", std::process::id(), random.get(..8).unwrap_or_default()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_can_not_have_the_name_of_a_key_of_the_store() {
        for name in [
            "vconduit:audit",
            "vconduit:claims:{q}",
            "vcon:1",
            "context:q:1",
            "tel:+1",
            "mailto:a@b",
            "name:A",
        ] {
            let error = ListName::new(name).unwrap_err().to_string();
            assert!(error.contains("belong to the host"), "{error}");
        }
        for name in ["DLQ:q", "resume:q", "storage:s3", "vcons_done", "names"] {
            assert!(ListName::new(name).is_ok(), "{name}");
        }
        assert!(
            LinkName::new("vcon:1").is_ok(),
            "only lists share their names with keys"
        );
    }
}
