//! Time. `std::time` has no clock in a link.

use crate::bindings::link::vcon::link::clock as host;
use std::time::Duration;

/// Returns the time since 1970-01-01T00:00:00Z.
pub fn now() -> Duration {
    Duration::from_millis(host::now_ms())
}

/// Returns the rest of this call's wall-clock limit.
pub fn remaining() -> Duration {
    Duration::from_millis(host::remaining_ms())
}

/// Waits without blocking a thread of the host. A part of a millisecond counts as a whole one.
pub fn sleep(duration: Duration) {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    host::sleep_ms(u64::try_from(milliseconds).unwrap_or(u64::MAX));
}
