//! Pages of long lists.

use serde::Deserialize;

use super::ProblemDocument;

/// Entries of a page by default.
const DEFAULT_LIMIT: u64 = 100;
/// Most entries of a page: some MB with the longest records.
const MAX_LIMIT: u64 = 1_000;

/// A page of a long list.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Number of entries to skip.
    #[serde(default)]
    pub offset: u64,
    /// Number of entries to return at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u64,
}

fn default_limit() -> u64 {
    DEFAULT_LIMIT
}

impl Page {
    /// Number of entries to return at most.
    ///
    /// # Errors
    /// The number is 0 or too large.
    pub fn limit(&self) -> Result<u64, ProblemDocument> {
        if (1..=MAX_LIMIT).contains(&self.limit) {
            return Ok(self.limit);
        }
        let detail = format!("limit={} is not from 1 to {MAX_LIMIT}", self.limit);
        Err(ProblemDocument::invalid(detail).fix("ask for pages with offset"))
    }
}
