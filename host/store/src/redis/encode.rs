//! Encodes values for Redis and its scripts.

use std::time::Duration;

use serde::Serialize;

use super::errors::damaged;
use crate::StoreError;

/// Maximum time that is sent, in milliseconds: 3000 years. Redis accepts signed 64-bit numbers, and
/// Lua exact whole numbers up to 2^53.
const MAX_MS: u64 = 100_000_000_000_000;

/// Returns a time in milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(MAX_MS)
}

/// Returns a value as a JSON text. No type of the store fails here. One that does is an error, not
/// a crash.
pub fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| damaged("encode", error))
}
