//! The memory limit of one call.
//!
//! Guarantee: all linear memories and tables of a component together stay within the call's limit; a link that asks
//! for more ends with a message that names the limit.

use wasmtime::ResourceLimiter;

/// A limit of the call was reached. Travels through wasmtime as the cause of a trap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct LimitReached(pub(super) String);

/// What an element of a table costs: a pointer.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Counts what a component holds.
#[derive(Debug)]
pub(super) struct Memory {
    limit: u64,
    now: u64,
    peak: u64,
    /// What was held when the code had been set up.
    at_start: u64,
}

impl Memory {
    /// A count at zero.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            now: 0,
            peak: 0,
            at_start: 0,
        }
    }

    /// A count for the next call of an instance that holds what `before` counted.
    pub(super) fn after(before: &Self, limit: u64) -> Self {
        Self {
            limit,
            now: before.now,
            peak: before.now,
            at_start: before.now,
        }
    }

    /// The instance is set up: what comes now is growth.
    pub(super) fn started(&mut self) {
        self.at_start = self.now;
    }

    /// Whether more is held than after the set-up.
    pub(super) fn has_grown(&self) -> bool {
        self.now > self.at_start
    }

    /// The most that was held at once.
    pub(super) fn peak(&self) -> u64 {
        self.peak
    }

    fn grow(&mut self, current: u64, desired: u64) -> wasmtime::Result<bool> {
        let wanted = self.now.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            // An error and not a plain refusal: a guest that is refused dies of a trap that says nothing.
            return Err(LimitReached(format!(
                "the link asked for {wanted} bytes of memory, the limit memory_bytes is {}; raise it if the link is to be trusted with more",
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
        super::pool::MAX_STORE_INSTANCES
    }

    fn tables(&self) -> usize {
        super::pool::MAX_TABLES
    }

    fn memories(&self) -> usize {
        super::pool::MAX_MEMORIES
    }
}
