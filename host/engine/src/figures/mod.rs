//! Figures of links: what they report, and what their calls took.

pub mod guest;
pub mod stats;
