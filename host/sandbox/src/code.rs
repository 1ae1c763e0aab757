//! Compiled code as bytes, as a compiling process returns it and as the cache stores it.
//!
//! Guarantee: a [`Code`] is complete, byte for byte as it was framed. Only such code is loaded.

use std::fmt;

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// First bytes of a frame. The number changes with every change of the layout.
const MAGIC: &[u8; 16] = b"vconduit-code-1\n";

/// Length of the SHA-256 of the payload, which follows the magic.
const HASH_BYTES: usize = 32;

/// Compiled code in its frame: magic, hash, payload.
pub(crate) struct Code(Vec<u8>);

impl Code {
    /// Frames the compiler's output.
    pub(crate) fn of(payload: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(MAGIC.len() + HASH_BYTES + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&Sha256::digest(payload));
        bytes.extend_from_slice(payload);
        Self(bytes)
    }

    /// Takes a frame that the caller knows to be complete, without checking its hash. None if the
    /// bytes are no frame.
    pub(crate) fn complete(bytes: Vec<u8>) -> Option<Self> {
        let is_frame = bytes.strip_prefix(MAGIC)?.len() > HASH_BYTES;
        is_frame.then_some(Self(bytes))
    }

    /// Takes a frame and checks its hash. None if the bytes are no frame, incomplete or damaged.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<Self> {
        let (hash, payload) = bytes.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
        let is_intact = Sha256::digest(payload).as_slice() == hash;
        is_intact.then_some(Self(bytes))
    }

    /// Returns the frame with its payload.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Loads the code into an engine.
    ///
    /// The caller guarantees that the code comes from this program's compiler, through a channel
    /// that no one else can write to. wasmtime refuses code of an engine with other settings or of
    /// another version.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        let payload = self.0.get(MAGIC.len() + HASH_BYTES..).unwrap_or_default();
        // SAFETY: `deserialize` trusts its input to be the compiler's output. The two callers take
        // it from a process of this same program over a pipe, after the process ended without an
        // error, or from a file that only this user can access (`cache::read_own`) and whose hash
        // is correct.
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
    fn a_frame_is_read_back_only_if_it_is_intact() {
        let whole = Code::of(b"payload").0;
        assert_eq!(Code::read(whole.clone()).unwrap().bytes(), whole);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(Code::read(damaged).is_none(), "damage of byte {at} went unnoticed");
            assert!(
                Code::read(whole[..at].to_vec()).is_none(),
                "the first {at} bytes passed for a complete frame"
            );
        }
    }
}
