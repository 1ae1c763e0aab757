//! The revision of a document: computed here from the text, and by `lua/lib/documents.lua` from the
//! key.
//!
//! Guarantee: the same text gives the same revision on both sides. Any change that a host of
//! vConduit makes gives another revision.
//!
//! Other programs write documents too, so the revision can't be a number that every writer
//! increases: it has to come from the text. Up to 64 KiB it is the SHA-1 of the whole text, which
//! Redis can compute itself. No secret depends on it. Hashing megabytes inside Redis would stop all
//! other clients for milliseconds. So the revision of a larger text is its length, the hash of 16
//! samples from head to tail, and a token that the hosts of vConduit change with every write. It
//! misses one change: a write of another program to a large document that keeps its length and all
//! of the samples.

use sha1::Digest;

use crate::Revision;

/// Largest text that is hashed as a whole.
const MAX_HASHED_BYTES: usize = 64 * 1024;
const SAMPLE_BYTES: usize = 1024;
const SAMPLES: usize = 16;

/// Returns the SHA-1 in lower-case hex.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(sha1::Sha1::digest(bytes))
}

/// Returns true when texts of this length have a token.
fn has_token(text: &str) -> bool {
    text.len() > MAX_HASHED_BYTES
}

/// Returns a new token for a text about to be written. Empty for a short text, unless `always`.
pub fn new_token(text: &str, always: bool) -> String {
    if always || has_token(text) {
        uuid::Uuid::new_v4().simple().to_string()
    } else {
        String::new()
    }
}

/// Returns the revision of a text that is stored with this token.
pub fn of(text: &str, token: Option<&str>) -> Revision {
    let bytes = text.as_bytes();
    if !has_token(text) {
        return Revision(format!("s{}", sha1_hex(bytes)).into());
    }
    let mut hash = sha1::Sha1::new();
    for i in 0..SAMPLES {
        let from = (bytes.len() - SAMPLE_BYTES) * i / (SAMPLES - 1);
        hash.update(bytes.get(from..from + SAMPLE_BYTES).unwrap_or_default());
    }
    let token = token.filter(|token| !token.is_empty()).unwrap_or("-");
    Revision(format!("l{}:{}:{token}", bytes.len(), hex::encode(hash.finalize())).into())
}
