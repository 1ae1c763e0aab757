//! Limits of calls to storages: deadlines, tries, calls at once.
//!
//! Guarantee: the defaults do not delay a save that works.

use std::time::Duration;

use backon::ExponentialBuilder;

/// Limits of saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavePolicy {
    /// True to save to all storages at once (`CONSERVER_PARALLEL_STORAGE`), false to save to one
    /// after the other.
    pub parallel: bool,
    /// Deadline of one try.
    pub timeout: Duration,
    /// Maximum number of tries if an error may pass.
    pub tries: usize,
    /// Pause after the first try. It doubles with each try, and is varied at random so that hosts
    /// do not retry in step.
    pub first_pause: Duration,
    /// Maximum pause.
    pub max_pause: Duration,
    /// Maximum number of saves at once in one storage.
    pub concurrency: usize,
}

impl Default for SavePolicy {
    /// The timeout of 30 s is more than the timeouts of every adapter. 32 saves at once are more
    /// than a host usually has, so the limit is reached only when a storage is slow.
    fn default() -> Self {
        Self {
            parallel: true,
            timeout: Duration::from_secs(30),
            tries: 3,
            first_pause: Duration::from_millis(200),
            max_pause: Duration::from_secs(5),
            concurrency: 32,
        }
    }
}

impl SavePolicy {
    pub(super) fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.max_pause)
            .with_max_times(self.tries.saturating_sub(1))
            .with_jitter()
    }
}

/// Limits of reads and deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskPolicy {
    /// Maximum wait for one storage.
    pub timeout: Duration,
    /// Time for which a vCon that no storage has is not asked for again.
    pub missing_for: Duration,
    /// Maximum number of missing vCons that are remembered.
    pub missing_max: usize,
}

impl Default for AskPolicy {
    /// `missing_for` of two seconds bounds the cost of a client that polls, and is over before a
    /// person looks again.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            missing_for: Duration::from_secs(2),
            missing_max: 10_000,
        }
    }
}
