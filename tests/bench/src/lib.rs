//! What measures vConduit; the program prints it, and criterion uses a part.

pub mod chains;
pub mod figure;
pub mod hostile;
pub mod http;
pub mod limits;
pub mod post;
pub mod process;
pub mod rest;
pub mod sandbox;

/// How much work a figure does.
#[derive(Clone, Copy)]
pub struct Scale {
    quick: bool,
}

impl Scale {
    /// All of it, or a tenth.
    #[must_use]
    pub fn new(quick: bool) -> Self {
        Self { quick }
    }

    /// `full`, or a tenth of it.
    #[must_use]
    pub fn of(self, full: usize) -> usize {
        if self.quick { (full / 10).max(1) } else { full }
    }
}
