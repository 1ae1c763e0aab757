//! The patch between two documents turns one into the other, also in another implementation.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn patch(before: &Value, after: &Value) -> Vec<Value> {
    let document = |value: &Value| Document::parse(value.to_string()).unwrap();
    json_patch(&document(before), &document(after))
        .iter()
        .map(|operation| serde_json::to_value(operation).unwrap())
        .collect()
}

/// An implementation of RFC 6902 that shares nothing with the code under test. It knows the three
/// operations that are used. It refuses to add a member that exists, and to replace or remove one
/// that does not.
fn applied(mut document: Value, patch: &[Value]) -> Value {
    for operation in patch {
        let path = operation["path"].as_str().unwrap();
        let value = operation.get("value").cloned();
        if path.is_empty() {
            assert_eq!(operation["op"], "replace");
            document = value.unwrap();
            continue;
        }
        let (parent, token) = path.rsplit_once('/').unwrap();
        let token = token.replace("~1", "/").replace("~0", "~");
        match (operation["op"].as_str().unwrap(), document.pointer_mut(parent).unwrap()) {
            ("add", Value::Array(array)) => {
                assert_eq!(token, "-");
                array.push(value.unwrap());
            }
            ("add", Value::Object(object)) => assert!(object.insert(token, value.unwrap()).is_none()),
            ("replace", Value::Array(array)) => array[token.parse::<usize>().unwrap()] = value.unwrap(),
            ("replace", Value::Object(object)) => assert!(object.insert(token, value.unwrap()).is_some()),
            ("remove", Value::Array(array)) => drop(array.remove(token.parse().unwrap())),
            ("remove", Value::Object(object)) => assert!(object.shift_remove(&token).is_some()),
            (op, parent) => panic!("{op} at {path} in {parent}"),
        }
    }
    document
}

#[test]
fn each_change_is_the_operation_that_fits() {
    for (before, after, expected) in [
        (
            json!({"a": 1}),
            json!({"a": 2}),
            json!([{"op": "replace", "path": "/a", "value": 2}]),
        ),
        (
            json!({}),
            json!({"-": [1]}),
            json!([{"op": "add", "path": "/-", "value": [1]}]),
        ),
        (json!({"a/b": 1}), json!({}), json!([{"op": "remove", "path": "/a~1b"}])),
        (
            json!({"a": [1]}),
            json!({"a": [1, 2, 3]}),
            json!([{"op": "add", "path": "/a/-", "value": 2}, {"op": "add", "path": "/a/-", "value": 3}]),
        ),
        (json!({"a": 1}), json!({"a": 1}), json!([])),
    ] {
        assert_eq!(Value::Array(patch(&before, &after)), expected, "{before} to {after}");
    }
}

#[test]
fn a_value_keeps_the_text_that_it_was_written_with() {
    let (before, after) = (
        Document::parse("{}").unwrap(),
        Document::parse(r#"{"n":1.50e+2}"#).unwrap(),
    );
    let text = serde_json::to_string(&json_patch(&before, &after)).unwrap();
    assert_eq!(text, r#"[{"op":"add","path":"/n","value":1.50e+2}]"#);
}

#[test]
fn a_document_that_gets_signed_is_replaced_as_a_whole() {
    let signed = json!({"payload": "x", "signatures": []});
    let expected = json!([{"op": "replace", "path": "", "value": signed}]);
    assert_eq!(Value::Array(patch(&json!({"a": 1}), &signed)), expected);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c~/\"\u{e4}-]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

/// An object with few possible names, so that two objects share some.
fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec(("[ab~/0-]{0,2}", inner), 0..5).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn the_patch_applied_to_the_first_document_makes_the_second(before in object(value()), after in object(value())) {
        let (before, after) = (Value::from(before), Value::from(after));
        let operations = patch(&before, &after);
        prop_assert_eq!(applied(before.clone(), &operations), after.clone());
        let mut document = Document::parse(before.to_string()).unwrap();
        let operations = Value::Array(operations).to_string().into();
        document.apply(&Edit::Patch { operations }).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&document.text()).unwrap(), after);
    }
}
