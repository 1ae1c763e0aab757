//! The configuration as the store keeps it.

/// A part of the running configuration as the store keeps it: key (`chains:<name>`, `link:<name>`,
/// `storage:<name>`, …) and JSON text.
pub type ConfigEntries = Vec<(String, String)>;
