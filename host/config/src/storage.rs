//! The section `storages`.

use serde_json::{Map, Value};

/// A storage as configured. What the options mean is the adapter's business (`storage::factory`).
#[derive(Debug, Clone, PartialEq)]
pub struct StorageEntry {
    /// `module`: `storage.file`, `storage.s3`, …
    pub module: String,
    /// `options` as given.
    pub options: Map<String, Value>,
}
