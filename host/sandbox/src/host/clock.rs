//! `vcon:link/clock`: the time of day, the rest of the call's time, and waiting without a thread.

use std::time::{Duration, Instant};

use crate::bindings::wit::clock::Host;
use crate::state::CallState;

impl Host for CallState {
    fn now_ms(&mut self) -> u64 {
        self.context.environment.now_ms()
    }

    fn remaining_ms(&mut self) -> u64 {
        let left = self.end.saturating_duration_since(Instant::now());
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }

    async fn sleep_ms(&mut self, duration_ms: u64) {
        let duration = Duration::from_millis(self.context.environment.sleep_ms(duration_ms));
        // A longer wait than the rest of the call never ends: the call is not polled after its end.
        tokio::time::sleep(duration).await;
    }
}
