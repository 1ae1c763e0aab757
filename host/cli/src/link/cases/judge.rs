//! Whether a call did what its case expects.

use serde_json::{Value, json};

use super::{Case, Expect};
use vcon_document::VconId;
use vcon_document::canonical;
use vconduit_base::text;
use vconduit_sandbox::{CallReport, Outcome};

/// So many differences of a document are told.
const MOST_DIFFERENCES: usize = 5;

/// The longest value shown.
const LONGEST: usize = 300;

/// What was seen besides the call's own report.
pub(super) struct Seen {
    /// Sleeps, in seconds.
    pub slept: Vec<f64>,
    /// Counted metrics.
    pub counters: Vec<Value>,
    /// Requests that services received.
    pub requests: Vec<Value>,
}

/// What is not as expected.
pub(super) fn problems(case: &Case, id: &VconId, report: &CallReport, seen: &Seen) -> Vec<String> {
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
        differs(&mut problems, "slept", &json!(slept), &json!(seen.slept));
    }
    if let Some(counters) = &expect.counters {
        differs(&mut problems, "counters", &json!(counters), &json!(seen.counters));
    }
    let requests: Vec<Value> = expect.http.iter().map(request).collect();
    differs(&mut problems, "http", &json!(requests), &json!(seen.requests));
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
    // The store passes over unknown ids.
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
    let really: Value = serde_json::from_str(&document.text()).unwrap_or_default();
    let mut found = Vec::new();
    differences("", &bodies_parsed(expected), &bodies_parsed(&really), &mut found);
    let more = found.len().saturating_sub(MOST_DIFFERENCES);
    problems.extend(
        found
            .into_iter()
            .take(MOST_DIFFERENCES)
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

/// JSON-text bodies as values, since the form of their text does not matter.
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

/// The places where two values differ, as deep as possible.
fn differences(at: &str, expected: &Value, really: &Value, found: &mut Vec<String>) {
    match (expected, really) {
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

fn differs(problems: &mut Vec<String>, what: &str, expected: &Value, really: &Value) {
    if expected != really {
        problems.push(format!("{what}: expected {}, got {}", shown(expected), shown(really)));
    }
}

fn shown(value: &Value) -> String {
    text::clean(&value.to_string(), LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_their_place() {
        let expected = json!({"a": [1, {"b": 2}], "gone": 1, "same": {"x": [null]}});
        let really = json!({"a": [1, {"b": 3}], "same": {"x": [null]}, "new": true});
        let mut found = Vec::new();
        differences("", &expected, &really, &mut found);
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
