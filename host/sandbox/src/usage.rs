//! What a call used, for metrics, reports and the demo's table.

use std::time::Duration;

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// From the first to the last instruction, waiting included.
    pub wall: Duration,
    /// Thread CPU time of guest and host functions.
    pub cpu: Duration,
    /// The largest linear memory, all memories of the component together.
    pub peak_memory_bytes: u64,
    /// Outbound requests begun.
    pub requests: u32,
    /// Body bytes received.
    pub response_bytes: u64,
    /// Body bytes of the largest response: what `response_bytes` of the limits bounds.
    pub largest_response_bytes: u64,
    /// Log bytes written, before any were dropped.
    pub log_bytes: u64,
}
