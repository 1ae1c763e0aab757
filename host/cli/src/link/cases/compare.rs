//! Compares the result of a call with the one that its case expects.

use serde_json::{Value, json};

use super::{Case, Expect};
use vcon_document::{VconId, canonical};
use vconduit_base::text;
use vconduit_sandbox::{CallReport, Outcome};

/// Most differences of a document that are listed.
const MAX_DIFFERENCES: usize = 5;

/// Longest value in a difference.
const MAX_VALUE_BYTES: usize = 300;

/// Observations that are not in the call's own report.
pub(super) struct Observed {
    /// Sleeps, in seconds.
    pub slept: Vec<f64>,
    /// Counted metrics.
    pub counters: Vec<Value>,
    /// Requests that the local services received.
    pub requests: Vec<Value>,
}

/// All differences from the expected result.
pub(super) fn problems(case: &Case, id: &VconId, report: &CallReport, observed: &Observed) -> Vec<String> {
    let mut problems = Vec::new();
    let expect = &case.expect;
    result(&mut problems, expect, id, report);
    if let Some(stored) = expect.stored {
        differs(
            &mut problems,
            "stored",
            &json!(stored),
            &json!(!report.edits.is_empty()),
        );
    }
    effects(&mut problems, case, report);
    document(&mut problems, case, report);
    if let Some(slept) = &expect.slept {
        differs(&mut problems, "slept", &json!(slept), &json!(observed.slept));
    }
    if let Some(counters) = &expect.counters {
        differs(&mut problems, "counters", &json!(counters), &json!(observed.counters));
    }
    let requests: Vec<Value> = expect.http.iter().map(request).collect();
    differs(&mut problems, "http", &json!(requests), &json!(observed.requests));
    problems
}

fn result(problems: &mut Vec<String>, expect: &Expect, id: &VconId, report: &CallReport) {
    match (&report.result, &expect.error) {
        (Ok(_), Some(error)) => problems.push(format!("error: expected {}, but it did not fail", shown(error))),
        (Err(error), None) => problems.push(format!("it failed: {error}")),
        (Err(error), Some(expected)) => {
            let fragment = expected.get("contains").and_then(Value::as_str).unwrap_or_default();
            if !error.to_string().contains(fragment) {
                problems.push(format!("error: {fragment:?} is not in {:?}", error.to_string()));
            }
        }
        (Ok(outcome), None) => {
            let Some(expected) = &expect.returns else { return };
            let returned = match outcome {
                Outcome::Next => Some(id.to_string()),
                Outcome::Switch(other) => Some(other.to_string()),
                Outcome::Stop(_) | Outcome::HandOff(_) => None,
            };
            differs(problems, "returns", expected, &json!(returned));
        }
    }
}

fn effects(problems: &mut Vec<String>, case: &Case, report: &CallReport) {
    let push = report.effects.push.iter();
    let enqueued: Vec<_> = push.map(|(list, id)| (list.as_str(), id.as_str())).collect();
    differs(problems, "enqueued", &json!(case.expect.enqueued), &json!(enqueued));
    // The store ignores lifetimes of unknown ids.
    let known = case.input_vcon.is_some();
    let expire = report.effects.expire.iter().filter(|_| known);
    let ttl: Vec<_> = expire.map(|(id, seconds)| (id.as_str(), *seconds)).collect();
    differs(problems, "ttl", &json!(case.expect.ttl), &json!(ttl));
}

fn document(problems: &mut Vec<String>, case: &Case, report: &CallReport) {
    let (Some(expected), Some(document)) = (&case.expect.vcon, &report.document) else {
        return;
    };
    let mut document = document.clone();
    if !report.edits.is_empty() {
        canonical::enforce(&mut document);
    }
    let actual: Value = serde_json::from_str(&document.text()).unwrap_or_default();
    let mut found = Vec::new();
    differences("", &bodies_parsed(expected), &bodies_parsed(&actual), &mut found);
    let more = found.len().saturating_sub(MAX_DIFFERENCES);
    problems.extend(
        found
            .into_iter()
            .take(MAX_DIFFERENCES)
            .map(|found| format!("vcon{found}")),
    );
    if more > 0 {
        problems.push(format!("vcon: and {more} more differences"));
    }
}

fn request(expected: &Value) -> Value {
    let member = |name: &str| expected.get(name).cloned().unwrap_or_default();
    json!({"method": member("method"), "url": member("url"), "json": member("json")})
}

/// Parses bodies that are JSON text: their spacing does not matter.
fn bodies_parsed(vcon: &Value) -> Value {
    let mut vcon = vcon.clone();
    for section in ["analysis", "attachments"] {
        let entries = vcon.get_mut(section).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
            let is_json = entry.get("encoding").is_some_and(|encoding| encoding == "json");
            let parsed = entry
                .get("body")
                .and_then(Value::as_str)
                .and_then(|text| serde_json::from_str(text).ok());
            if let Some(parsed) = parsed.filter(|_| is_json) {
                entry.insert("body".to_owned(), parsed);
            }
        }
    }
    vcon
}

/// Finds the paths at which two values differ, as deep as possible.
fn differences(at: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                match right.get(key) {
                    Some(other) => differences(&format!("{at}/{key}"), value, other, found),
                    None => found.push(format!("{at}/{key}: expected {}, it is missing", shown(value))),
                }
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                found.push(format!("{at}/{key}: not expected: {}", shown(value)));
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (value, other)) in left.iter().zip(right).enumerate() {
                differences(&format!("{at}/{index}"), value, other, found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(format!("{at}: expected {}, got {}", shown(left), shown(right))),
    }
}

fn differs(problems: &mut Vec<String>, what: &str, expected: &Value, actual: &Value) {
    if expected != actual {
        problems.push(format!("{what}: expected {}, got {}", shown(expected), shown(actual)));
    }
}

fn shown(value: &Value) -> String {
    text::clean(&value.to_string(), MAX_VALUE_BYTES).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_listed_with_their_path() {
        let expected = json!({"a": [1, {"b": 2}], "gone": 1, "same": {"x": [null]}});
        let actual = json!({"a": [1, {"b": 3}], "same": {"x": [null]}, "new": true});
        let mut found = Vec::new();
        differences("", &expected, &actual, &mut found);
        assert_eq!(
            found,
            [
                "/a/1/b: expected 2, got 3",
                "/gone: expected 1, it is missing",
                "/new: not expected: true"
            ]
        );
    }

    #[test]
    fn json_bodies_are_compared_as_json() {
        let tags = |body: &str| json!({"attachments": [{"encoding": "json", "body": body}]});
        assert_eq!(bodies_parsed(&tags("[\"a\", 1]")), bodies_parsed(&tags("[\"a\",1]")));
        assert_ne!(bodies_parsed(&tags("[\"a\"]")), bodies_parsed(&tags("[\"b\"]")));
    }
}
