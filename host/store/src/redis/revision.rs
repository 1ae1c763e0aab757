//! Which state of a document was read: computed here from the text, and by `lua/lib/documents.lua` from the key.
//!
//! Guarantee: the same text gives the same revision on both sides, and any change that one of our hosts makes gives
//! another one.
//!
//! Documents are shared with programs that know nothing of us, so the revision can't be a number that every writer
//! increases: it has to come from the text. Up to 64 KiB it is the SHA-1 of all of it (Redis can compute SHA-1
//! itself; nothing secret hangs on it). Hashing megabytes inside Redis would stop everyone else for milliseconds, so
//! a larger text is known by its length, the hash of 16 samples from head to tail, and a token that our own hosts
//! change with every write. What this can miss: a write by a third party to a large document that keeps its length
//! and all of the samples.

use sha1::Digest;

use crate::Revision;

/// Up to here all of the text is hashed.
const WHOLE: usize = 64 * 1024;
const PART: usize = 1024;
const PARTS: usize = 16;

/// Lower-case hex of the SHA-1.
pub fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(sha1::Sha1::digest(bytes))
}

/// Whether texts of this length have a token.
fn has_token(text: &str) -> bool {
    text.len() > WHOLE
}

/// A new token for a text about to be written; empty for a short text, unless `always`.
pub fn new_token(text: &str, always: bool) -> String {
    if always || has_token(text) {
        uuid::Uuid::new_v4().simple().to_string()
    } else {
        String::new()
    }
}

/// The revision of a text that is stored with this token.
pub fn of(text: &str, token: Option<&str>) -> Revision {
    let bytes = text.as_bytes();
    if !has_token(text) {
        return Revision(format!("s{}", sha1_hex(bytes)).into());
    }
    let mut hash = sha1::Sha1::new();
    for i in 0..PARTS {
        let from = (bytes.len() - PART) * i / (PARTS - 1);
        hash.update(bytes.get(from..from + PART).unwrap_or_default());
    }
    let token = token.filter(|token| !token.is_empty()).unwrap_or("-");
    Revision(format!("l{}:{}:{token}", bytes.len(), hex::encode(hash.finalize())).into())
}
