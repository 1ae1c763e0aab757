//! `vcon:link/metrics`: counters and histograms, with bounded names and attributes.
//!
//! Guarantee: a value that is passed on has a name in the contract's form and at most eight short
//! attributes, none of which contains a vCon id. The receiver bounds the number of names.

use crate::bindings::wit::metrics::Host;
use crate::state::CallState;

/// Maximum length of a name, as in the contract.
const MAX_NAME_BYTES: usize = 100;

/// Maximum number of attributes of one value, as in the contract.
const MAX_ATTRIBUTES: usize = 8;

/// Maximum length of an attribute's value, in bytes. An attribute is a category, not a text.
const MAX_VALUE_BYTES: usize = 100;

/// Maximum number of values of one call. One value costs little, an endless loop of them does not.
const MAX_VALUES: u32 = 10_000;

impl Host for CallState {
    fn count(&mut self, name: String, value: u64, attributes: Vec<(String, String)>) {
        if let Some(attributes) = self.admit(&name, attributes) {
            self.context
                .metrics
                .count(&self.context.link, &self.context.vcon, &name, value, &attributes);
        }
    }

    fn observe(&mut self, name: String, value: f64, attributes: Vec<(String, String)>) {
        if !value.is_finite() {
            return;
        }
        if let Some(attributes) = self.admit(&name, attributes) {
            self.context
                .metrics
                .observe(&self.context.link, &self.context.vcon, &name, value, &attributes);
        }
    }
}

impl CallState {
    /// Returns the attributes that are passed on. None if the value is dropped.
    fn admit(&mut self, name: &str, mut attributes: Vec<(String, String)>) -> Option<Vec<(String, String)>> {
        self.metric_calls = self.metric_calls.saturating_add(1);
        if self.metric_calls > MAX_VALUES || !is_name(name) {
            return None;
        }
        let vcon = self.context.vcon.as_str();
        attributes.retain(|(key, value)| {
            is_name(key)
                && value.len() <= MAX_VALUE_BYTES
                && value != vcon
                && !contains_uuid(value)
                && !value.chars().any(char::is_control)
        });
        attributes.truncate(MAX_ATTRIBUTES);
        Some(attributes)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.')
}

/// Returns true if a text contains a UUID (8-4-4-4-12 hex digits).
fn contains_uuid(text: &str) -> bool {
    text.as_bytes().windows(36).any(|window| {
        window.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_and_short() {
        assert!(is_name("link.tags_added2"));
        assert!(!is_name("Tags"));
        assert!(!is_name(""));
        assert!(!is_name("a b"));
        assert!(!is_name(&"a".repeat(101)));
    }

    #[test]
    fn a_uuid_is_found_anywhere_in_a_text() {
        assert!(contains_uuid("id=018d4b2e-1234-8abc-9def-0123456789ab!"));
        assert!(!contains_uuid("018d4b2e-1234-8abc-9def"));
    }
}
