//! Signatures of components: ed25519 in the form of minisign, verified with keys that the operator
//! lists.
//!
//! Guarantee: with `require`, only bytes that one of the listed keys signed are accepted. If keys
//! are listed, a signature that is present is always verified. Built-in components, and components
//! that the operator names by path, need no signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};

/// The longest signature file of minisign, in bytes. Its four lines have a few hundred bytes, and
/// comments can make it longer.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// The section `signing` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// Refuses uploads without a signature.
    pub require: bool,
    /// Keys whose signatures are accepted.
    pub keys: Vec<SigningKey>,
}

/// A public key for signatures of components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    id: KeyId,
    key: PublicKey,
}

/// Number of hex digits of a key id.
const ID_DIGITS: usize = 16;

/// The id of a key: 16 hex digits in upper case. minisign shows it without leading zeros, and
/// [`KeyId::parse`] reads both forms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct KeyId(String);

/// The reason why a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature, and one is required.
    #[error("the component is not signed, and `signing.require` is on; sign it (`minisign -Sm FILE`) with a key of {}", listed(.known))]
    Unsigned {
        /// Ids of the listed keys.
        known: Vec<KeyId>,
    },
    /// The signature is by a key that is not listed.
    #[error("the component is signed by the key {id}, which is not listed; sign it with a key of {}, or add that key to `signing.keys`", listed(.known))]
    UnknownKey {
        /// Id of the key that signed.
        id: KeyId,
        /// Ids of the listed keys.
        known: Vec<KeyId>,
    },
    /// The signature has the id of a listed key, but is for other bytes or was changed.
    #[error("the signature by the key {id} is not for these bytes; sign this very file again, and send it unchanged")]
    Mismatch {
        /// Id of the key that signed.
        id: KeyId,
    },
    /// The text is not a signature.
    #[error("this is not a minisign signature: {0}; send the whole text of the .minisig file")]
    NotASignature(&'static str),
}

/// The error for a text that is not a public key or a key id. It never holds the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(&'static str);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::parse(&text)
    }
}

impl KeyId {
    /// Reads an id with or without leading zeros, in upper or lower case.
    ///
    /// # Errors
    /// If the text is not 1 to 16 hex digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let are_digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() || text.len() > ID_DIGITS || !are_digits {
            return Err(KeyError("a key id has 1 to 16 hex digits"));
        }
        Ok(Self(format!("{:0>ID_DIGITS$}", text.to_ascii_uppercase())))
    }

    /// Makes an id of the eight bytes in a key or signature, the least significant first.
    fn of(bytes: &[u8]) -> Self {
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        Self(hex::encode_upper(reversed))
    }
}

impl SigningKey {
    /// Reads a public key: its line of base64, or the whole text of a `.pub` file.
    ///
    /// # Errors
    /// If the text is something else. The error never holds the text, which can be a secret key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        let line = line.ok_or(KeyError("the key is empty"))?;
        let bytes = STANDARD.decode(line).map_err(|_| KeyError("the key is not base64"))?;
        if bytes.len() > 100 {
            return Err(KeyError("this is longer than a public key; is it the secret key?"));
        }
        let key = PublicKey::from_base64(line).map_err(|_| KeyError("this is not a minisign public key"))?;
        let id = bytes.get(2..10).ok_or(KeyError("this is not a minisign public key"))?;
        Ok(Self { id: KeyId::of(id), key })
    }

    /// Returns the id of the key.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }
}

impl Signing {
    /// Verifies the signature of these bytes and returns the id of the key that signed them.
    /// Returns None if no signature is required, and there is none or no key to verify it with.
    ///
    /// # Errors
    /// If a required signature is missing, or a signature is not valid for these bytes and the
    /// listed keys.
    pub fn verify(&self, bytes: &[u8], signature: Option<&str>) -> Result<Option<KeyId>, SignatureError> {
        let Some(text) = signature else {
            return match self.require {
                true => Err(SignatureError::Unsigned { known: self.known() }),
                false => Ok(None),
            };
        };
        if !self.require && self.keys.is_empty() {
            return Ok(None);
        }
        let (id, signature) = read(text)?;
        // Two keys can share an id: it is eight bytes that the maker of the key chose.
        let mut candidates = self.keys.iter().filter(|key| key.id == id).peekable();
        if candidates.peek().is_none() {
            return Err(SignatureError::UnknownKey {
                id,
                known: self.known(),
            });
        }
        match candidates.any(|candidate| candidate.key.verify(bytes, &signature, true).is_ok()) {
            true => Ok(Some(id)),
            false => Err(SignatureError::Mismatch { id }),
        }
    }

    fn known(&self) -> Vec<KeyId> {
        self.keys.iter().map(|key| key.id.clone()).collect()
    }
}

/// Reads the signature in the text of a `.minisig` file, and the id of the key that made it.
fn read(text: &str) -> Result<(KeyId, Signature), SignatureError> {
    let wrong = SignatureError::NotASignature;
    if text.len() > MAX_SIGNATURE_BYTES {
        return Err(wrong("it is longer than 16 KiB"));
    }
    let signature = Signature::decode(text).map_err(|_| wrong("four lines of comment and base64 are expected"))?;
    let line = text.lines().nth(1).unwrap_or_default();
    let bytes = STANDARD
        .decode(line)
        .map_err(|_| wrong("its second line is not base64"))?;
    let id = bytes.get(2..10).ok_or(wrong("its second line is too short"))?;
    Ok((KeyId::of(id), signature))
}

fn listed(known: &[KeyId]) -> String {
    let ids: Vec<&str> = known.iter().map(|id| id.0.as_str()).collect();
    match ids.as_slice() {
        [] => "those in `signing.keys` (there are none)".to_owned(),
        [one] => format!("`signing.keys`: {one}"),
        several => format!("`signing.keys`: one of {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests;
