//! `vcon:link/random`: random numbers.

use super::super::bindings::wit::random::Host;
use super::super::state::CallState;

/// The most bytes in one call, as the contract says.
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
