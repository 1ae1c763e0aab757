//! Figures of each link since the start, for reports to people such as the table of the demo. They
//! are exact where the buckets of Prometheus are coarse.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hdrhistogram::Histogram;
use indexmap::IndexMap;

use vconduit_admin_types::LinkUse;
use vconduit_base::names::LinkName;
use vconduit_sandbox::Usage;

/// Figures of all links.
#[derive(Clone, Default)]
pub struct LinkStats(Arc<Mutex<IndexMap<LinkName, Figures>>>);

struct Figures {
    wall_us: Histogram<u64>,
    next: u64,
    stopped: u64,
    failed: u64,
    cpu: Duration,
    peak_memory_bytes: u64,
}

/// The end of a call, as counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The chain continues.
    Next,
    /// The chain ends quietly.
    Stopped,
    /// The call failed.
    Failed,
}

impl LinkStats {
    /// Notes a call.
    pub fn note(&self, link: &LinkName, usage: &Usage, ended: Ended) {
        let Ok(mut links) = self.0.lock() else { return };
        if !links.contains_key(link) {
            let Some(figures) = Figures::new() else { return };
            links.insert(link.clone(), figures);
        }
        if let Some(figures) = links.get_mut(link) {
            figures.note(usage, ended);
        }
    }

    /// A row for each link that was called, in the order of first calls.
    #[must_use]
    pub fn rows(&self) -> Vec<LinkUse> {
        self.0
            .lock()
            .map(|links| links.iter().map(|(name, figures)| figures.row(name)).collect())
            .unwrap_or_default()
    }
}

impl Figures {
    /// Two significant digits are enough for a table. They keep a histogram at about 25 KiB for
    /// calls of up to an hour, the longest that is possible.
    fn new() -> Option<Self> {
        let wall_us = Histogram::new_with_bounds(1, 3_600_000_000, 2).ok()?;
        Some(Self {
            wall_us,
            next: 0,
            stopped: 0,
            failed: 0,
            cpu: Duration::ZERO,
            peak_memory_bytes: 0,
        })
    }

    fn note(&mut self, usage: &Usage, ended: Ended) {
        self.wall_us
            .saturating_record(u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX));
        self.cpu += usage.cpu;
        self.peak_memory_bytes = self.peak_memory_bytes.max(usage.peak_memory_bytes);
        match ended {
            Ended::Next => self.next += 1,
            Ended::Stopped => self.stopped += 1,
            Ended::Failed => self.failed += 1,
        }
    }

    fn row(&self, name: &LinkName) -> LinkUse {
        LinkUse {
            name: name.clone(),
            runs: self.wall_us.len(),
            next: self.next,
            stopped: self.stopped,
            failed: self.failed,
            p50_us: self.wall_us.value_at_quantile(0.5),
            p99_us: self.wall_us.value_at_quantile(0.99),
            cpu_us: u64::try_from(self.cpu.as_micros()).unwrap_or(u64::MAX),
            peak_memory_bytes: self.peak_memory_bytes,
        }
    }
}
