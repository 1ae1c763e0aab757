//! The test clock: time, random numbers and sleeps of a case.

use std::sync::Mutex;

use super::{HostState, lock};
use vconduit_sandbox::call::Environment;

/// The clock and the random numbers of a case. A sleep is recorded and takes no time.
pub(super) struct CaseClock {
    now_ms: u64,
    uniform: f64,
    slept: Mutex<Vec<f64>>,
}

impl CaseClock {
    /// A clock with the time and the random number of the case.
    pub(super) fn new(host: &HostState) -> Self {
        Self {
            now_ms: host.now_unix.unwrap_or(1_700_000_000).saturating_mul(1000),
            uniform: host.uniform_0_100.unwrap_or(12.0) / 100.0,
            slept: Mutex::default(),
        }
    }

    /// Recorded sleeps, in seconds.
    pub(super) fn slept(&self) -> Vec<f64> {
        lock(&self.slept).clone()
    }
}

impl Environment for CaseClock {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn uniform(&self) -> f64 {
        self.uniform
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn sleep_ms(&self, wished_ms: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a sleep are few")]
        lock(&self.slept).push(wished_ms as f64 / 1000.0);
        0
    }
}
