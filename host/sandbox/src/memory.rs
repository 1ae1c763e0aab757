//! Memory limit of one call.
//!
//! Guarantee: all linear memories and tables of a component together stay within the call's limit.
//! A link that asks for more ends with a message that names the limit.

use wasmtime::ResourceLimiter;

use crate::pool::{MAX_MEMORIES, MAX_STORE_INSTANCES, MAX_TABLES};

/// A limit of the call was reached. wasmtime passes it on as the cause of a trap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LimitReached(pub(crate) String);

/// Size of a table element, in bytes: a pointer.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Count of the bytes that a component holds.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: u64,
    now: u64,
    peak: u64,
    /// Bytes held when the instance was ready.
    at_start: u64,
}

impl Memory {
    /// Starts a count at zero. `limit` is in bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            now: 0,
            peak: 0,
            at_start: 0,
        }
    }

    /// Starts a count for the next call of an instance that holds the bytes of `before`.
    pub(crate) fn after(before: &Self, limit: u64) -> Self {
        Self {
            limit,
            now: before.now,
            peak: before.now,
            at_start: before.now,
        }
    }

    /// Notes that the instance is ready: memory added from now on is growth.
    pub(crate) fn started(&mut self) {
        self.at_start = self.now;
    }

    /// Returns true if the component holds more than when its instance was ready.
    pub(crate) fn has_grown(&self) -> bool {
        self.now > self.at_start
    }

    /// Returns the largest number of bytes held at once.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    fn grow(&mut self, current: u64, desired: u64) -> wasmtime::Result<bool> {
        let wanted = self.now.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            // An error, not a refusal: a guest whose `memory.grow` is refused traps without a
            // reason.
            return Err(LimitReached(format!(
                "the link asked for {wanted} bytes of memory, the limit memory_bytes is {}; raise it if you trust the link with more",
                self.limit
            ))
            .into());
        }
        self.now = wanted;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.grow(u64::try_from(current)?, u64::try_from(desired)?)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| u64::try_from(elements).map(|count| count.saturating_mul(TABLE_ELEMENT_BYTES));
        self.grow(bytes(current)?, bytes(desired)?)
    }

    fn instances(&self) -> usize {
        MAX_STORE_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
