//! Two filters that many links have: `only_if` and `sampling_rate`.
//!
//! Put them into the options as two members, and check them before the work:
//!
//! ```
//! use vcon_link::filters::{self, OnlyIf};
//! use vcon_link::prelude::*;
//!
//! #[derive(Deserialize, JsonSchema, Default)]
//! #[serde(default)]
//! struct Options {
//!     only_if: Option<OnlyIf>,
//!     sampling_rate: Option<f64>,
//! }
//!
//! fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
//!     let is_included = filters::included(vcon, options.only_if.as_ref())?;
//!     if !is_included || !filters::sampled(options.sampling_rate) {
//!         return Ok(Outcome::Next);
//!     }
//!     // The work.
//!     Ok(Outcome::Next)
//! }
//! ```

use crate::{Failure, Vcon, random};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A condition on a vCon: it has an entry of `section` with this `purpose` or `type` that
/// `includes` a text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OnlyIf {
    /// The array to search: `attachments` or `analysis`.
    pub section: Option<String>,
    /// Type of the entries.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Purpose of the entries. Takes precedence over `type`.
    pub purpose: Option<String>,
    /// A tag of the tags attachment as a whole, or a part of the text of any other body.
    pub includes: Option<String>,
}

/// Returns whether the vCon meets the condition. Without a condition it does.
///
/// A vCon that can't be searched, because the section is missing or its tags are not JSON, is not
/// included.
pub fn included(vcon: &Vcon, only_if: Option<&OnlyIf>) -> Result<bool, Failure> {
    let Some(only_if) = only_if.filter(|filter| **filter != OnlyIf::default()) else {
        return Ok(true);
    };
    let (Some(section), Some(includes)) = (given(&only_if.section), given(&only_if.includes)) else {
        return Err(Failure::options(
            "option `only_if`: needs both `section` and `includes`",
        ));
    };
    let pointer = format!("/{}", section.replace('~', "~0").replace('/', "~1"));
    let Ok(Some(entries)) = vcon.get::<Vec<Value>>(&pointer) else {
        return Ok(false);
    };
    Ok(any_entry(only_if, section, includes, &entries))
}

/// Returns true for a share `rate` (0 to 1) of all calls, by chance. Without a rate, and with 0, it
/// always returns true.
pub fn sampled(rate: Option<f64>) -> bool {
    match rate {
        None | Some(0.0) => true,
        Some(rate) => random::uniform() < rate,
    }
}

fn any_entry(only_if: &OnlyIf, section: &str, includes: &str, entries: &[Value]) -> bool {
    let Some(wanted) = given(&only_if.purpose).or(given(&only_if.kind)) else {
        return false;
    };
    for entry in entries.iter().filter(|entry| is_wanted(entry, section, wanted)) {
        let body = entry.get("body").unwrap_or(&Value::Null);
        let found = match wanted {
            "tags" => has_tag(entry, body, includes),
            _ => Some(body.as_str().is_some_and(|text| text.contains(includes))),
        };
        match found {
            Some(false) => continue,
            Some(true) => return true,
            None => return false,
        }
    }
    false
}

fn is_wanted(entry: &Value, section: &str, wanted: &str) -> bool {
    let is = |member: &str| entry.get(member).and_then(Value::as_str) == Some(wanted);
    is("type") || (section == "attachments" && is("purpose"))
}

/// Returns whether the body has the tag. `None` if the body claims to be JSON and is not.
fn has_tag(entry: &Value, body: &Value, tag: &str) -> Option<bool> {
    let is_json = entry.get("encoding").and_then(Value::as_str) == Some("json");
    let decoded = match body {
        Value::String(text) if is_json => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    Some(
        decoded
            .as_array()
            .is_some_and(|tags| tags.iter().any(|one| one.as_str() == Some(tag))),
    )
}

fn given(option: &Option<String>) -> Option<&str> {
    option.as_deref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn included(section: &str, key: &str, wanted: &str, includes: &str) -> bool {
        let document = json!({
            "analysis": [
                {"type": "customer_frustration", "body": "\"foo NEEDS REVIEW bar\"", "encoding": "json"},
                {"type": "label", "body": "{\"t\": \"caf\\u00e9\"}", "encoding": "json"},
                {"type": "raw", "body": {"t": "needle"}},
            ],
            "attachments": [
                {"purpose": "tags", "body": ["category:12", "zone:north"], "encoding": "none"},
                {"purpose": "note", "body": "alpha beta"},
            ],
        });
        let text = json!({"section": section, "includes": includes, key: wanted}).to_string();
        let only_if: OnlyIf = serde_json::from_str(&text).unwrap();
        any_entry(&only_if, section, includes, document[section].as_array().unwrap())
    }

    #[test]
    fn a_tag_has_to_be_equal() {
        for key in ["type", "purpose"] {
            assert!(included("attachments", key, "tags", "category:12"));
            assert!(!included("attachments", key, "tags", "category:1"));
        }
    }

    #[test]
    fn any_other_body_has_to_contain_the_text_as_written() {
        assert!(included("attachments", "purpose", "note", "beta"));
        assert!(!included("attachments", "purpose", "note", "gamma"));
        assert!(included("analysis", "purpose", "customer_frustration", "NEEDS REVIEW"));
        assert!(!included(
            "analysis",
            "type",
            "customer_frustration_123",
            "NEEDS REVIEW"
        ));
        assert!(!included("analysis", "type", "label", "café"));
        assert!(included("analysis", "type", "label", "caf\\u00e9"));
        assert!(!included("analysis", "type", "raw", "needle"));
    }

    #[test]
    fn tags_that_are_not_json_end_the_search() {
        let entries = [
            json!({"type": "tags", "body": "[", "encoding": "json"}),
            json!({"type": "tags", "body": ["a"]}),
        ];
        let only_if = OnlyIf {
            kind: Some("tags".into()),
            ..OnlyIf::default()
        };
        assert!(!any_entry(&only_if, "attachments", "a", &entries));
    }
}
