//! Connects the component's raw exports to the author's typed function. Called by the macros only.

use crate::bindings::link::vcon::link::outcomes;
use crate::bindings::transform::exports::vcon::link::transformer;
use crate::{Failure, Outcome, Vcon, options};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::describe::{About, bytes, description};

/// Result of a transform that did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Transformed {
    /// The chain continues with this document. `uuid` has to be the same.
    Next(Value),
    /// End the chain here, quietly. The text is the reason, for the log.
    Stop(String),
}

/// Runs a link.
pub fn run<T: DeserializeOwned>(
    given: &str,
    run: impl FnOnce(&Vcon, T) -> Result<Outcome, Failure>,
) -> Result<Outcome, outcomes::Failure> {
    crate::log::report_panics();
    let options = options::parse(given)?;
    Ok(run(&Vcon::current(), options)?)
}

/// Runs a transform.
pub fn transform<T: DeserializeOwned>(
    vcon: &str,
    given: &str,
    transform: impl FnOnce(Value, T) -> Result<Transformed, Failure>,
) -> Result<transformer::Transformed, outcomes::Failure> {
    let options = options::parse(given)?;
    let vcon = serde_json::from_str(vcon).map_err(|error| Failure::vcon(format!("the vCon is not JSON: {error}")))?;
    Ok(match transform(vcon, options)? {
        Transformed::Next(document) => transformer::Transformed::Next(document.to_string()),
        Transformed::Stop(reason) => transformer::Transformed::Stop(reason),
    })
}
