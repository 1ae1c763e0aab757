//! `vcon:link/random`: random numbers.

use crate::bindings::wit::random::Host;
use crate::state::CallState;

/// Maximum number of bytes in one call, as in the contract.
const MAX_BYTES: u32 = 64 * 1024;

impl Host for CallState {
    fn uniform(&mut self) -> f64 {
        self.context.environment.uniform()
    }

    fn bytes(&mut self, length: u32) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length.min(MAX_BYTES)).unwrap_or(0)];
        self.context.environment.fill(&mut bytes);
        bytes
    }
}
