//! Amounts that one call used.

use std::time::Duration;

/// Amounts that one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time from the start of the call to its end, waiting included.
    pub wall: Duration,
    /// CPU time of the guest and of host functions.
    pub cpu: Duration,
    /// Largest size of all linear memories and tables together, in bytes.
    pub peak_memory_bytes: u64,
    /// Number of outbound requests that were admitted.
    pub requests: u32,
    /// Body bytes received by all requests.
    pub response_bytes: u64,
    /// Body bytes of the largest response, which the limit `response_bytes` bounds.
    pub largest_response_bytes: u64,
    /// Log bytes that the link wrote, dropped ones included.
    pub log_bytes: u64,
}
