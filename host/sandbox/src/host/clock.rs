//! `vcon:link/clock`: the time of day, what is left of the call, and waiting without a thread.

use std::time::{Duration, Instant};

use super::super::bindings::wit::clock::Host;
use super::super::state::CallState;

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
        // The end of the call comes first for a longer wait: nothing is polled any more by then.
        tokio::time::sleep(duration).await;
    }
}
