//! Time, from the host. `std::time` has no clock in components for `wasm32-unknown-unknown`.

use crate::bindings::link::vcon::link::clock as host;
use std::time::Duration;

/// The time since 1970-01-01T00:00:00Z.
pub fn now() -> Duration {
    Duration::from_millis(host::now_ms())
}

/// The rest of this call's wall-clock limit.
pub fn remaining() -> Duration {
    Duration::from_millis(host::remaining_ms())
}

/// Waits without holding a thread of the host. Rounds up to whole milliseconds.
pub fn sleep(duration: Duration) {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    host::sleep_ms(u64::try_from(milliseconds).unwrap_or(u64::MAX));
}
