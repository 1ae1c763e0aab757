//! The time of day in milliseconds since the Unix epoch.
//!
//! Guarantee: never fails. A clock that is set to a time before 1970 reads as 0.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the current time in milliseconds since the Unix epoch.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the current time in milliseconds since the Unix epoch as a signed number, which is the
/// type of times in SQLite and in stored records.
#[must_use]
pub fn now_ms_signed() -> i64 {
    i64::try_from(now_ms()).unwrap_or(i64::MAX)
}
