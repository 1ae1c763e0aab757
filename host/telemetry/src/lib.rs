//! Logs and metrics of the host.
//!
//! Guarantee: neither the labels of the metrics nor the log lines above the level debug grow with
//! the number of vCons that succeed, and none holds a secret or document content.

pub mod logs;
pub mod metrics;
