//! Sets, appends and removals.

use super::*;
use crate::testing::{append, edited, patch, pointer, remove, set};

#[test]
fn set_replaces_adds_last_and_appends() {
    let text = r#"{ "a" : {"x": 1.00, "\u0079": 2}, "b": [1, 2] }"#;
    for (at, value, expected) in [
        ("/a/x", "3", r#"{"a":{"x":3,"\u0079":2},"b":[1, 2]}"#),
        ("/a/y", "3", r#"{"a":{"x":1.00,"\u0079":3},"b":[1, 2]}"#),
        ("/a/z", " [ 3 ] ", r#"{"a":{"x":1.00,"\u0079":2,"z":[ 3 ]},"b":[1, 2]}"#),
        ("/b/1", "3", r#"{"a":{"x": 1.00, "\u0079": 2},"b":[1,3]}"#),
        ("/b/-", "3", r#"{"a":{"x": 1.00, "\u0079": 2},"b":[1,2,3]}"#),
        ("/", "3", r#"{"a":{"x": 1.00, "\u0079": 2},"b":[1, 2],"":3}"#),
        ("", r#"{"c": 1}"#, r#"{"c": 1}"#),
    ] {
        assert_eq!(edited(text, &set(at, value)).as_deref(), Ok(expected), "{at}");
    }
}

#[test]
fn edits_that_lead_nowhere_name_the_pointer() {
    let text = r#"{"a": {"x": 1}, "b": [1, 2]}"#;
    for at in ["/b/2", "/b/01", "/b/x", "/a/x/y", "/c/d", "/a/x/y/z"] {
        let Err(EditError::BadPointer(why)) = edited(text, &set(at, "3")) else {
            panic!("{at} was set")
        };
        assert!(why.contains(at), "{why} does not name {at}");
    }
    assert!(
        matches!(edited(text, &append("/c/d", "3")), Err(EditError::BadPointer(_))),
        "append below nothing"
    );
    assert!(
        matches!(edited(text, &append("/a", "3")), Err(EditError::WrongType(_))),
        "append to an object"
    );
    assert!(
        matches!(edited(text, &remove("")), Err(EditError::BadPointer(_))),
        "remove everything"
    );
    for value in ["", "{", "1 2", "{\"a\":1,\"a\":1}", "NaN"] {
        assert!(
            matches!(edited(text, &set("/a", value)), Err(EditError::BadJson(_))),
            "value {value:?}"
        );
    }
    assert!(
        matches!(edited(text, &set("", "[]")), Err(EditError::WrongType(_))),
        "a document that is a list"
    );
}

#[test]
fn an_edit_cannot_make_a_document_that_is_too_deep() {
    let inner = "[".repeat(MAX_DEPTH - 1) + &"]".repeat(MAX_DEPTH - 1);
    assert!(edited("{}", &set("/a", &inner)).is_ok(), "the deepest that is accepted");
    assert!(
        matches!(edited(r#"{"a":{}}"#, &set("/a/b", &inner)), Err(EditError::BadJson(_))),
        "one level more"
    );
    let text = format!(r#"{{"a":{inner},"b":[]}}"#);
    let copy = patch(r#"[{"op":"copy","from":"/a","path":"/b/0"}]"#);
    assert!(
        matches!(edited(&text, &copy), Err(EditError::BadJson(_))),
        "a copy one level deeper"
    );
}

#[test]
fn append_creates_a_missing_array_and_remove_accepts_a_missing_value() {
    assert_eq!(
        edited("{}", &append("/x", "1")).as_deref(),
        Ok(r#"{"x":[1]}"#),
        "missing array"
    );
    assert_eq!(
        edited(r#"{"x":null}"#, &append("/x", "1")).as_deref(),
        Ok(r#"{"x":[1]}"#),
        "null"
    );
    assert_eq!(
        edited(r#"{"x":[0]}"#, &append("/x", "1")).as_deref(),
        Ok(r#"{"x":[0,1]}"#),
        "array"
    );
    assert_eq!(
        edited(r#"{"x": [0, 1]}"#, &remove("/x/0")).as_deref(),
        Ok(r#"{"x":[1]}"#),
        "element"
    );
    assert_eq!(
        edited(r#"{"x":1, "y": 2}"#, &remove("/x")).as_deref(),
        Ok(r#"{"y":2}"#),
        "member"
    );
    for at in ["/z", "/x/5", "/x/y/z"] {
        let text = r#"{ "x" : [0] }"#;
        assert_eq!(edited(text, &remove(at)).as_deref(), Ok(text), "nothing at {at}");
    }
}

#[test]
fn edits_reach_values_below_the_expanded_levels() {
    let text = r#"{"a": {"b": {"c": {"d": {"e": [ 1.0, {"f": "\u0041"} ]}}, "k": 1e2}}}"#;
    let expected = r#"{"a":{"b":{"c":{"d":{"e":[1.0,{"f": "\u0041"},2]}},"k":1e2}}}"#;
    assert_eq!(
        edited(text, &append("/a/b/c/d/e", "2")).as_deref(),
        Ok(expected),
        "deep append"
    );
    let mut document = Document::parse(text).unwrap();
    document
        .apply(&set("/a/b/c/d/e/1", r#"{"g": {"h": [1, {"i": 2}]}}"#))
        .unwrap();
    document.apply(&set("/a/b/c/d/e/1/g/h/1/i", "3")).unwrap();
    assert_eq!(
        document.get(&pointer("/a/b/c/d/e/1")).unwrap(),
        r#"{"g":{"h":[1,{"i":3}]}}"#,
        "an edit inside an edit"
    );
    assert_eq!(document.get(&pointer("/a/b/c/d/e/0")).unwrap(), "1.0", "a neighbour");
    assert_eq!(document.length(&pointer("/a/b/c/d/e")), Some(2), "length");
    assert_eq!(
        document.string(&pointer("/a/b/k")),
        Err(EditError::WrongType("\"/a/b/k\" is not a string".to_owned())),
        "not a text"
    );
}
