//! The names that vConduit uses for things, one type each, so that they can't be mixed up.
//!
//! Guarantee: a value of a type here has passed that type's check; there is no other way to make one.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A text that is not a name of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {kind}: {rule}")]
pub struct NameError {
    /// What was asked for, for example `link name`.
    pub kind: &'static str,
    /// The text at fault, cut to 100 characters.
    pub value: String,
    /// The rule that it broke.
    pub rule: &'static str,
}

/// The longest name or id, in bytes. Redis takes far more; nobody needs it, and keys of this length stay cheap.
pub const MAX_NAME_BYTES: usize = 512;

fn check(kind: &'static str, value: &str) -> Result<(), NameError> {
    let rule = if value.is_empty() {
        "it must not be empty"
    } else if value.len() > MAX_NAME_BYTES {
        "it must not be longer than 512 bytes"
    } else if value.chars().any(char::is_control) {
        "it must not hold control characters"
    } else {
        return Ok(());
    };
    Err(NameError {
        kind,
        value: value.chars().take(100).collect(),
        rule,
    })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// When the text is empty, longer than [`MAX_NAME_BYTES`] or holds control characters.
            pub fn new(value: impl AsRef<str>) -> Result<Self, NameError> {
                check($kind, value.as_ref())?;
                Ok(Self(Arc::from(value.as_ref())))
            }

            /// The text itself.
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
    /// A queue of vCon ids: an ingress, egress or dead-letter list.
    ListName, "list name"
);
name!(
    /// A chain, as named in the configuration.
    ChainName, "chain name"
);
name!(
    /// A link, as named in the configuration: a component with options, grants and limits.
    LinkName, "link name"
);
name!(
    /// A storage, as named in the configuration.
    StorageName, "storage name"
);
name!(
    /// A worker's hold on one entry of an ingress list. Made by the worker; unique for ever.
    ClaimId, "claim id"
);
name!(
    /// A running host process, in claims and in logs. Unique for each start.
    HostId, "host id"
);
name!(
    /// A secret, by name. The value is never in a type that prints.
    SecretName, "secret name"
);
name!(
    /// A component's bytes: 64 lower-case hex digits of their SHA-256.
    Digest, "digest"
);

impl ListName {
    /// The dead-letter list of this ingress list (`spec`: `DLQ:<list>`).
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self(format!("DLQ:{}", self.0).into())
    }
}

impl Digest {
    /// A digest from its 64 hex digits, in lower case.
    ///
    /// # Errors
    /// When the text is anything else.
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

    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(hex::encode(sha2::Sha256::digest(bytes)).into())
    }
}

impl ClaimId {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }
}

impl HostId {
    /// A new one: the process id and a random part.
    #[must_use]
    pub fn random() -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self(format!("{}-{}", std::process::id(), random.get(..8).unwrap_or_default()).into())
    }
}
