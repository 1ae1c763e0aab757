//! Figures for each link since the start: for reports to people, such as the demo's table. Exact where Prometheus' buckets are coarse.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hdrhistogram::Histogram;
use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

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

/// How a call ended, as counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The chain goes on.
    Next,
    /// The chain ends quietly.
    Stopped,
    /// The call failed.
    Failed,
}

/// A link's row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkRow {
    /// The link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// Calls.
    pub runs: u64,
    /// Calls after which the chain went on.
    pub next: u64,
    /// Calls that ended the chain quietly.
    pub stopped: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Median wall-clock time in µs.
    pub p50_us: u64,
    /// 99th percentile of the wall-clock time in µs.
    pub p99_us: u64,
    /// CPU time of all calls in µs.
    pub cpu_us: u64,
    /// The largest memory of a call.
    pub peak_memory_bytes: u64,
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
    pub fn rows(&self) -> Vec<LinkRow> {
        self.0
            .lock()
            .map(|links| links.iter().map(|(name, figures)| figures.row(name)).collect())
            .unwrap_or_default()
    }
}

impl Figures {
    /// Two significant digits are enough for a table, and keep a histogram at some 25 KiB; an hour is the longest a call may take.
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

    fn row(&self, name: &LinkName) -> LinkRow {
        LinkRow {
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
