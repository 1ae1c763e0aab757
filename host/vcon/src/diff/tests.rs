//! The edits between two documents turn one into the other.

use proptest::prelude::*;

use super::*;

fn edits(before: &str, after: &str) -> Vec<Edit> {
    diff(&Document::parse(before).unwrap(), &Document::parse(after).unwrap())
}

fn pointers(edits: &[Edit]) -> Vec<String> {
    let name = |edit: &Edit| match edit {
        Edit::Set { pointer, value } => format!("set {pointer} {value}"),
        Edit::Append { pointer, value } => format!("append {pointer} {value}"),
        Edit::Remove { pointer } => format!("remove {pointer}"),
        other => format!("{other:?}"),
    };
    edits.iter().map(name).collect()
}

#[test]
fn the_same_values_written_differently_are_no_change() {
    let before = r#"{"a": 1.0, "b": "\u0041é", "c": [1, {"d": null}], "e": {"x": 1, "y": 2}}"#;
    let after = r#"{"e":{"y":2,"x":1},"c":[1.00,{"d":null}],"b":"A\u00e9","a":1}"#;
    assert_eq!(edits(before, after), [], "no edits");
}

#[test]
fn each_change_is_one_small_edit() {
    for (before, after, expected) in [
        (r#"{"a":1}"#, r#"{"a":2}"#, vec!["set /a 2"]),
        (r#"{"a":1}"#, r#"{"b":1}"#, vec!["remove /a", "set /b 1"]),
        (
            r#"{"a":{"b/c":[1,{"d":1}]}}"#,
            r#"{"a":{"b/c":[1,{"d":2}]}}"#,
            vec!["set /a/b~1c/1/d 2"],
        ),
        (r#"{"a":[1]}"#, r#"{"a":[1, 2, 3]}"#, vec!["append /a 2", "append /a 3"]),
        (
            r#"{"a":[1,2,3]}"#,
            r#"{"a":[4]}"#,
            vec!["set /a/0 4", "remove /a/2", "remove /a/1"],
        ),
        (r#"{"a":[1]}"#, r#"{"a":{}}"#, vec!["set /a {}"]),
        (r#"{"a":true}"#, r#"{"a":false}"#, vec!["set /a false"]),
        (r#"{"a":1}"#, r#"{"a":"1"}"#, vec![r#"set /a "1""#]),
    ] {
        assert_eq!(pointers(&edits(before, after)), expected, "{before} to {after}");
    }
}

#[test]
fn a_document_that_gets_signed_changes_as_a_whole() {
    let signed = r#"{"payload":"x","signatures":[]}"#;
    assert_eq!(
        pointers(&edits(r#"{"a":1}"#, signed)),
        [format!("set  {signed}")],
        "signing"
    );
    assert_eq!(edits(signed, signed), [], "no change");
}

#[test]
fn large_objects_are_compared_by_name() {
    let object = |from: usize| {
        let members: Vec<_> = (from..from + 100).map(|at| format!("\"m{at}\":{at}")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(
        pointers(&edits(&object(0), &object(1))),
        ["remove /m0", "set /m100 100"],
        "one out, one in"
    );
}

#[test]
fn very_many_changes_become_whole_members() {
    let list = |first: usize| {
        (first..first + 10_001)
            .map(|at| at.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    let text = |first| format!(r#"{{"a":[{}],"b":1,"c":2}}"#, list(first));
    let found = edits(&text(0), &text(1));
    assert_eq!(pointers(&found), [format!("set /a [{}]", list(1))], "one member");
    let members = |first: usize| {
        format!(
            "{{{}}}",
            (first..first + 6000)
                .map(|at| format!("\"m{at}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    assert_eq!(
        pointers(&edits(&members(0), &members(6000))),
        [format!("set  {}", members(6000))],
        "the whole document"
    );
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "null|true|1|1\\.0|2|-3e2",
        "[a-c]{0,2}".prop_map(|text| format!("\"{text}\""))
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(", "))),
            prop::collection::btree_map("[a-c]|~/", inner, 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\": {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn the_edits_applied_to_the_first_document_make_the_second(before in json_text(), after in json_text()) {
        let before = Document::parse(format!("{{\"v\":{before}}}")).unwrap();
        let after = Document::parse(format!("{{\"v\":{after}}}")).unwrap();
        let mut now = before.clone();
        for edit in diff(&before, &after) {
            prop_assert_eq!(now.apply(&edit), Ok(()), "{:?}", edit);
        }
        prop_assert!(same(now.view(), after.view()), "{} is not {}", now.text(), after.text());
        prop_assert_eq!(diff(&now, &after), []);
    }
}
