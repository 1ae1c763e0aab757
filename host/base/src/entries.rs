//! The configuration as entries of the store.

/// Entries of a configuration: pairs of key (`chains:<name>`, `link:<name>`, `storage:<name>` and
/// so on) and JSON text.
pub type ConfigEntries = Vec<(String, String)>;
