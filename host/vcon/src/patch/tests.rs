//! The operations of RFC 6902, and the bounds of a patch.

use super::*;
use crate::testing::{edited, patch};

#[test]
fn patch_operations_follow_the_rfc() {
    let text = r#"{"a": [1, 2], "b": {"c": 1.0}, "k/~": "\u0041"}"#;
    for (operations, expected) in [
        ("[]", text),
        (
            r#"[{"op":"add","path":"/a/1","value":9}]"#,
            r#"{"a":[1,9,2],"b":{"c": 1.0},"k/~":"\u0041"}"#,
        ),
        (
            r#"[{"op":"add","path":"/a/-","value":9}]"#,
            r#"{"a":[1,2,9],"b":{"c": 1.0},"k/~":"\u0041"}"#,
        ),
        (
            r#"[{"op":"remove","path":"/a"},{"op":"remove","path":"/k~1~0"}]"#,
            r#"{"b":{"c": 1.0}}"#,
        ),
        (
            r#"[{"op":"replace","path":"/b/c","value":"x"}]"#,
            r#"{"a":[1, 2],"b":{"c":"x"},"k/~":"\u0041"}"#,
        ),
        (
            r#"[{"op":"move","from":"/b/c","path":"/a/0"}]"#,
            r#"{"a":[1.0,1,2],"b":{},"k/~":"\u0041"}"#,
        ),
        (
            r#"[{"op":"copy","from":"/b","path":"/b/d"}]"#,
            r#"{"a":[1, 2],"b":{"c":1.0,"d":{"c": 1.0}},"k/~":"\u0041"}"#,
        ),
        (
            r#"[{"op":"test","path":"/b","value":{"c":1}},{"op":"test","path":"/k~1~0","value":"A"}]"#,
            text,
        ),
        (r#"[{"op":"replace","path":"","value":{"z": 1}}]"#, r#"{"z": 1}"#),
        (r#"[{"op":"move","from":"/b","path":""}]"#, r#"{"c": 1.0}"#),
    ] {
        assert_eq!(
            edited(text, &patch(operations)).as_deref(),
            Ok(expected),
            "{operations}"
        );
    }
}

#[test]
fn a_patch_is_applied_as_a_whole_or_not_at_all() {
    let text = r#"{"a": [1, 2], "b": {"c": 1.0}}"#;
    for operation in [
        r#"{"op":"add","path":"/a/3","value":9}"#,
        r#"{"op":"add","path":"/x/y","value":9}"#,
        r#"{"op":"add","path":"/x"}"#,
        r#"{"op":"add","path":"x","value":1}"#,
        r#"{"op":"remove","path":"/x"}"#,
        r#"{"op":"remove","path":"/a/2"}"#,
        r#"{"op":"replace","path":"/x","value":1}"#,
        r#"{"op":"move","from":"/b","path":"/b/d"}"#,
        r#"{"op":"move","from":"/x","path":"/y"}"#,
        r#"{"op":"copy","path":"/y"}"#,
        r#"{"op":"test","path":"/b","value":{"c":2}}"#,
        r#"{"op":"test","path":"/x","value":null}"#,
        r#"{"op":"jump","path":"/a"}"#,
        r#"{"path":"/a"}"#,
        "7",
    ] {
        let operations = format!(r#"[{{"op":"add","path":"/new","value":1}},{operation}]"#);
        assert!(edited(text, &patch(&operations)).is_err(), "{operation} was accepted");
    }
    assert!(edited(text, &patch("{}")).is_err(), "not a list");
    assert!(edited(text, &patch("[")).is_err(), "not JSON");
}

#[test]
fn a_patch_cannot_take_all_memory_or_time() {
    let double = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
    let bomb = patch(&format!("[{}]", vec![double; 64].join(",")));
    assert!(
        matches!(edited(r#"{"a":[0]}"#, &bomb), Err(EditError::BadJson(_))),
        "a list copied into itself"
    );
    let long = patch(&format!(
        "[{}]",
        vec![r#"{"op":"test","path":"","value":{}}"#; 10_001].join(",")
    ));
    assert!(
        matches!(edited("{}", &long), Err(EditError::BadJson(_))),
        "too many operations"
    );
}
