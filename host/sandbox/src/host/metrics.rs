//! `vcon:link/metrics`: counters and histograms, with bounded names and attributes.
//!
//! Guarantee: what is passed on has a name of the form that the contract gives and at most eight short attributes, none of
//! them a vCon id. The number of names per link is bounded by who takes them.

use super::super::bindings::wit::metrics::Host;
use super::super::state::CallState;

/// Characters of a name, as the contract says.
const MAX_NAME: usize = 100;

/// Attributes of one value, as the contract says.
const MAX_ATTRIBUTES: usize = 8;

/// Bytes of an attribute's value: a label is a category, not a text.
const MAX_VALUE: usize = 100;

/// Values of one call. The cost of one is small, the cost of a loop that only counts is not.
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
    /// The attributes that may stay; nothing if the value is not to be counted.
    fn admit(&mut self, name: &str, mut attributes: Vec<(String, String)>) -> Option<Vec<(String, String)>> {
        self.metric_calls = self.metric_calls.saturating_add(1);
        if self.metric_calls > MAX_VALUES || !is_name(name) {
            return None;
        }
        let vcon = self.context.vcon.as_str();
        attributes.retain(|(key, value)| {
            is_name(key)
                && value.len() <= MAX_VALUE
                && value != vcon
                && !holds_uuid(value)
                && !value.chars().any(char::is_control)
        });
        attributes.truncate(MAX_ATTRIBUTES);
        Some(attributes)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.')
}

/// Whether a text holds something in the form of a UUID (8-4-4-4-12 hex digits).
fn holds_uuid(text: &str) -> bool {
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
    fn names_are_lower_case_and_short() {
        assert!(is_name("link.tags_added2"));
        assert!(!is_name("Tags"));
        assert!(!is_name(""));
        assert!(!is_name("a b"));
        assert!(!is_name(&"a".repeat(101)));
    }

    #[test]
    fn a_uuid_is_found_anywhere_in_a_text() {
        assert!(holds_uuid("id=018d4b2e-1234-8abc-9def-0123456789ab!"));
        assert!(!holds_uuid("018d4b2e-1234-8abc-9def"));
    }
}
