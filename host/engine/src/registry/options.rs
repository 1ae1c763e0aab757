//! Options of a link, in the form that its component accepts.
//!
//! Guarantee: a component always gets its own defaults with the link's options over them, and only
//! options that fit its schema.

use serde_json::{Map, Value};

use vconduit_sandbox::Description;
use vconduit_sandbox::options::option_problems;

/// The component's defaults with `own` laid over them, top level only.
///
/// # Errors
/// All that does not fit the component's schema, in words for people.
pub fn fitted(description: &Description, own: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut options = description.defaults.clone();
    options.extend(own);
    let problems = option_problems(&description.options_schema, &options);
    if problems.is_empty() {
        return Ok(options);
    }
    Err(problems.join("; "))
}
