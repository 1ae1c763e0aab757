//! Signatures of components: ed25519 in minisign's form, checked against keys that the operator lists.
//!
//! Guarantee: with `require` nothing passes but bytes that one of the listed keys signed; and wherever keys are listed, a signature
//! that comes along is checked, asked for or not. Components that the operator names by path, and those built in, need none.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};

/// A minisign signature file has four lines of a few hundred bytes; comments may make it longer.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

/// The section `signing` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// Whether an upload without a signature is refused.
    pub require: bool,
    /// Whose signatures count.
    pub keys: Vec<SigningKey>,
}

/// A key that may sign components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    id: KeyId,
    key: PublicKey,
}

/// Hex digits of a key id.
const ID_DIGITS: usize = 16;

/// The id of a key: 16 hex digits in upper case. minisign shows it without its leading zeros; [`KeyId::parse`] reads both forms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct KeyId(String);

/// Why a signature does not count, or is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// None came, and one is required.
    #[error("the component is not signed, and `signing.require` is on; sign it (`minisign -Sm FILE`) with a key of {}", listed(.known))]
    Unsigned {
        /// The keys that would count.
        known: Vec<KeyId>,
    },
    /// By a key that is not listed.
    #[error("the component is signed by the key {id}, which is not listed; sign it with a key of {}, or add that key to `signing.keys`", listed(.known))]
    UnknownKey {
        /// Who signed.
        id: KeyId,
        /// The keys that would count.
        known: Vec<KeyId>,
    },
    /// By a listed key, for other bytes; or the signature was changed.
    #[error("the signature by the key {id} is not for these bytes; sign this very file again, and send it unchanged")]
    Mismatch {
        /// Who signed.
        id: KeyId,
    },
    /// Something else.
    #[error("this is not a minisign signature: {0}; send the whole text of the .minisig file")]
    NotASignature(&'static str),
}

/// A text that is not a public key.
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
    /// Reads an id in the form of this host or in that of minisign, which leaves leading zeros out.
    ///
    /// # Errors
    /// When the text is not 1 to 16 hex digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let are_digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() || text.len() > ID_DIGITS || !are_digits {
            return Err(KeyError("a key id has 1 to 16 hex digits"));
        }
        Ok(Self(format!("{:0>ID_DIGITS$}", text.to_ascii_uppercase())))
    }

    /// From the eight bytes in a key or signature, the least significant first.
    fn of(bytes: &[u8]) -> Self {
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        Self(hex::encode_upper(reversed))
    }
}

impl SigningKey {
    /// Reads a public key: its line of base64, or the whole text of a `.pub` file.
    ///
    /// # Errors
    /// When it is something else; what is said about it never holds the text, which may be a secret key.
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

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }
}

impl Signing {
    /// Who signed these bytes; nobody where no signature is needed and none can be checked.
    ///
    /// # Errors
    /// What is wrong with the signature, or that there is none, and what to do.
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
        // Two keys may share an id: it is eight bytes that whoever made the key chose.
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

/// The signature in a `.minisig` text and the id of the key that made it.
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
