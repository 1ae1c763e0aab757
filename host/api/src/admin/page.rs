//! Parts of long answers.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Answer, Problem};
use crate::edge::reply;

/// Entries in one answer where nothing else is asked for.
const USUAL: u64 = 100;
/// The most entries in one answer: some MB with the longest records.
const MOST: u64 = 1_000;

/// `?offset=&limit=`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Page {
    /// Entries to pass over.
    #[serde(default)]
    pub offset: u64,
    #[serde(default = "usual")]
    limit: u64,
}

fn usual() -> u64 {
    USUAL
}

impl Page {
    /// How many entries are asked for.
    ///
    /// # Errors
    /// When they are none or too many.
    pub fn limit(&self) -> Result<u64, Problem> {
        if (1..=MOST).contains(&self.limit) {
            return Ok(self.limit);
        }
        Err(Problem::invalid(format!("limit={} is not from 1 to {MOST}", self.limit)).fix("ask for pages with offset"))
    }
}

/// An answer with a body.
pub fn ok(body: &impl Serialize) -> Answer {
    Ok(reply::json(StatusCode::OK, body))
}
