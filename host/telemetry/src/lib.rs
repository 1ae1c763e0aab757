//! What the host tells about itself: logs, metrics, per-link figures.
//!
//! Guarantee: no label of a metric and no line above debug level grows with the number of vCons, and none holds a secret or document content.

pub mod logs;
pub mod metrics;
