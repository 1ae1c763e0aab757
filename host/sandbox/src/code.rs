//! Compiled code as bytes: what a compiling process hands back, and what the cache keeps.
//!
//! Guarantee: [`Code`] is whole, byte for byte what was framed. Only such code is ever loaded.

use std::fmt;

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes. The number goes up with every change of the layout.
const MAGIC: &[u8; 16] = b"vconduit-code-1\n";

/// SHA-256 of the payload, after the magic.
const HASH_BYTES: usize = 32;

/// Compiled code in its frame: magic, hash, payload.
pub(super) struct Code(Vec<u8>);

impl Code {
    /// Frames what the compiler made.
    pub(super) fn of(payload: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(MAGIC.len() + HASH_BYTES + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&Sha256::digest(payload));
        bytes.extend_from_slice(payload);
        Self(bytes)
    }

    /// Takes bytes that the caller knows to be all that was framed just now; nothing if they never were.
    pub(super) fn whole(bytes: Vec<u8>) -> Option<Self> {
        let framed = bytes.strip_prefix(MAGIC)?.len() > HASH_BYTES;
        framed.then_some(Self(bytes))
    }

    /// Takes bytes that were framed before; nothing if they are not whole.
    pub(super) fn read(bytes: Vec<u8>) -> Option<Self> {
        let (hash, payload) = bytes.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
        let whole = Sha256::digest(payload).as_slice() == hash;
        whole.then_some(Self(bytes))
    }

    /// The frame and what is in it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code ready to run.
    ///
    /// The caller vouches for where the code comes from: from this program's compiler, by a way that no one else can write to.
    /// An engine with other settings, or of another version, is refused by wasmtime.
    pub(super) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        let payload = self.0.get(MAGIC.len() + HASH_BYTES..).unwrap_or_default();
        // SAFETY: `deserialize` trusts its input to be what the compiler gave. The two callers take it from a process of this very
        // program over a pipe, which ended well, or from a file that is this user's alone (`cache::read_own`) and whose hash is that of
        // what was framed.
        #[allow(unsafe_code)]
        unsafe {
            Component::deserialize(engine, payload)
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_framed_is_read_again_and_nothing_else_is() {
        let whole = Code::of(b"payload").0;
        assert_eq!(Code::read(whole.clone()).unwrap().bytes(), whole);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(Code::read(damaged).is_none(), "byte {at} was damaged and no one saw");
            assert!(
                Code::read(whole[..at].to_vec()).is_none(),
                "{at} bytes were taken for whole"
            );
        }
    }
}
