//! Measurements of vConduit. The program of this crate prints them, and the criterion benchmarks
//! share a part.

pub mod admin;
pub mod chains;
pub mod figure;
pub mod hostile;
pub mod http;
pub mod limits;
pub mod post;
pub mod process;
pub mod python;
pub mod rest;
pub mod restart;
pub mod sandbox;
pub mod steady;
pub mod swap;
pub mod upload;

/// Amount of work for a figure.
#[derive(Clone, Copy)]
pub struct Scale {
    quick: bool,
}

impl Scale {
    /// Makes the full amount, or a tenth of it if `quick`.
    #[must_use]
    pub fn new(quick: bool) -> Self {
        Self { quick }
    }

    /// Returns `full`, or a tenth of it.
    #[must_use]
    pub fn of(self, full: usize) -> usize {
        if self.quick { (full / 10).max(1) } else { full }
    }
}
