//! Check of a link's options by the JSON Schema in its component's description.
//!
//! Guarantee: no message contains the value of an option, because options may contain credentials.

use serde_json::{Map, Value};
use vconduit_base::text::clean;

/// Maximum length of a message of the schema validator, in bytes.
const MAX_MESSAGE_BYTES: usize = 600;

/// Maximum number of problems that are reported.
const MAX_PROBLEMS: usize = 50;

/// Returns the problems of options by their link's JSON Schema, at most 50. If the schema is
/// invalid, the only problem says so.
#[must_use]
pub fn option_problems(schema: &Value, options: &Map<String, Value>) -> Vec<String> {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => {
            return vec![format!(
                "the link's own schema of its options can't be used: {}",
                clean(&error.to_string(), MAX_MESSAGE_BYTES)
            )];
        }
    };
    let options = Value::Object(options.clone());
    let problems = validator.iter_errors(&options).take(MAX_PROBLEMS);
    problems
        .map(|error| {
            let path = error.instance_path().to_string();
            // Without the value, which may be a credential.
            let message = error.masked().to_string();
            let message = clean(&message, MAX_MESSAGE_BYTES);
            if path.is_empty() {
                format!("options: {message}")
            } else {
                format!("options{}: {message}", path.replace('/', "."))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_checked_by_the_links_schema_and_no_value_is_shown() {
        let schema = json!({"type": "object", "required": ["url"], "additionalProperties": false,
            "properties": {"url": {"type": "string"}, "key": {"type": "string"}, "n": {"properties": {"m": {"type": "integer"}}}}});
        let options = |value: Value| value.as_object().cloned().unwrap();
        assert!(option_problems(&schema, &options(json!({"url": "x"}))).is_empty());
        let found = option_problems(&schema, &options(json!({"key": 5551234, "n": {"m": "x"}, "typo": 1})));
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found.iter().any(|problem| problem.starts_with("options.n.m: ")),
            "{found:?}"
        );
        assert!(found.iter().all(|problem| !problem.contains("5551234")), "{found:?}");
        let found = option_problems(&json!({"type": 5}), &Map::new());
        assert!(matches!(found.as_slice(), [one] if one.contains("own schema")));
    }
}
