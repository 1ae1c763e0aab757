//! How long, how often, how many at once.
//!
//! Guarantee: the defaults add nothing to a save that works.

use std::time::Duration;

use backon::ExponentialBuilder;

/// For saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavePolicy {
    /// All storages at once (`CONSERVER_PARALLEL_STORAGE`); otherwise one after the other.
    pub parallel: bool,
    /// The longest try.
    pub timeout: Duration,
    /// How many tries, where an error may pass.
    pub tries: usize,
    /// The pause after the first try; it doubles, with some chance in it so that hosts don't retry in step.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How many saves one storage gets at once.
    pub concurrency: usize,
}

impl Default for SavePolicy {
    /// 30 s is above every adapter's own time-outs. 32 at once is above the workers of a host as usually set, so that it is felt only
    /// when a storage is in trouble.
    fn default() -> Self {
        Self {
            parallel: true,
            timeout: Duration::from_secs(30),
            tries: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
            concurrency: 32,
        }
    }
}

impl SavePolicy {
    pub(super) fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.longest_pause)
            .with_max_times(self.tries.saturating_sub(1))
            .with_jitter()
    }
}

/// For reads and deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskPolicy {
    /// The longest wait for one storage.
    pub timeout: Duration,
    /// How long a vCon that no storage has is taken as missing without asking again.
    pub missing_for: Duration,
    /// How many missing vCons are remembered.
    pub missing_max: usize,
}

impl Default for AskPolicy {
    /// Two seconds end a client's polling loop's cost, and are over before a person looks again.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            missing_for: Duration::from_secs(2),
            missing_max: 10_000,
        }
    }
}
