//! Reading and editing: what is not edited keeps its bytes.

use proptest::prelude::*;

use super::*;
use crate::MAX_DEPTH;
use crate::json;

fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let vcons = files.filter(|path| path.to_string_lossy().ends_with(".vcon.json"));
    let samples: Vec<_> = vcons
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap()))
        .collect();
    assert!(samples.len() >= 31, "samples are missing in {folder}");
    samples
}

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

fn set(at: &str, value: &str) -> Edit {
    Edit::Set {
        pointer: pointer(at),
        value: value.into(),
    }
}

fn append(at: &str, value: &str) -> Edit {
    Edit::Append {
        pointer: pointer(at),
        value: value.into(),
    }
}

fn remove(at: &str) -> Edit {
    Edit::Remove { pointer: pointer(at) }
}

fn patch(operations: &str) -> Edit {
    Edit::Patch {
        operations: operations.into(),
    }
}

fn tag(name: &str, value: &str) -> Edit {
    Edit::AddTag {
        name: name.into(),
        value: value.into(),
    }
}

/// The text after an edit; what is answered has to fit the document's own account of its size, and be JSON.
fn edited(text: &str, edit: &Edit) -> Result<String, EditError> {
    let mut document = Document::parse(text).unwrap();
    let result = document.apply(edit);
    let size = document.size_bytes();
    let now = document.text();
    assert_eq!(size, now.len() as u64, "size of {now}");
    assert!(Document::parse(now.clone()).is_ok(), "{edit:?} left {now}");
    if result.is_err() {
        assert_eq!(&*now, text, "a failed edit left traces: {edit:?}");
    }
    result.map(|()| now.to_string())
}

#[test]
fn every_sample_leaves_as_it_came() {
    for (path, text) in samples() {
        let document = Document::parse(text.as_str()).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(&*document.text(), text, "{path}");
        assert_eq!(document.size_bytes(), text.len() as u64, "{path}");
    }
}

#[test]
fn samples_know_their_id_and_form() {
    for (path, text) in samples() {
        let document = Document::parse(text).unwrap();
        let name = path.rsplit('/').next().unwrap();
        if let Ok(uuid) = uuid::Uuid::parse_str(name.trim_end_matches(".vcon.json")) {
            assert_eq!(document.uuid().unwrap().as_str(), uuid.to_string(), "{path}");
            assert!(document.created_at_s().is_some(), "{path} has a date");
        }
        let form = match name {
            "ietf-ab_call_ext_rec_signed.vcon.json" => Form::Signed,
            "ietf-ab_call_ext_rec_encrypted.vcon.json" => Form::Encrypted,
            _ => Form::Unsigned,
        };
        assert_eq!(document.form(), form, "{path}");
    }
}

#[test]
fn an_edit_of_a_sample_leaves_the_other_members_alone() {
    for (path, text) in samples() {
        let mut document = Document::parse(text.as_str()).unwrap();
        if document.form() != Form::Unsigned {
            continue;
        }
        document.apply(&append("/analysis", r#"{"type":"t"}"#)).unwrap();
        document.apply(&tag("a", "b")).unwrap();
        let now = Document::parse(document.text()).unwrap();
        for (name, before) in Document::parse(text.as_str()).unwrap().view().members() {
            if !matches!(&*name, "analysis" | "attachments") {
                assert_eq!(
                    now.view().member(&name).unwrap().text(),
                    before.text(),
                    "{name} of {path}"
                );
            }
        }
        assert!(document.tags().unwrap().contains(&"a:b".to_owned()), "tag of {path}");
    }
}

#[test]
fn what_is_not_a_document_is_refused() {
    for text in ["", "x", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":2}}", "{} x"] {
        assert!(
            matches!(Document::parse(text), Err(DocumentError::NotJson(_))),
            "{text}"
        );
    }
    for text in ["[]", "null", "\"x\"", " 1 "] {
        assert!(
            matches!(Document::parse(text), Err(DocumentError::NotVcon(_))),
            "{text}"
        );
    }
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(Document::parse(deep).is_err(), "a million levels");
}

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
    assert!(edited("{}", &set("/a", &inner)).is_ok(), "exactly as deep as is taken");
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
fn append_creates_the_array_and_remove_forgives() {
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
fn edits_reach_below_what_is_laid_out() {
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

#[test]
fn a_clone_does_not_see_later_edits() {
    let mut document = Document::parse(r#"{"a":{"b":[1]}}"#).unwrap();
    let before = document.clone();
    document.apply(&append("/a/b", "2")).unwrap();
    assert_eq!(&*before.text(), r#"{"a":{"b":[1]}}"#, "the clone");
    assert_eq!(&*document.text(), r#"{"a":{"b":[1,2]}}"#, "the edited one");
}

#[test]
fn tags_are_added_the_conservers_way() {
    let encoded = r#""body":"[\"a:b\"]","encoding":"json""#;
    for (attachments, expected) in [
        ("", format!(r#""attachments":[{{"purpose":"tags",{encoded}}}]"#)),
        (
            r#""attachments":null"#,
            format!(r#""attachments":[{{"purpose":"tags",{encoded}}}]"#),
        ),
        (
            r#""attachments":[{"type":"x"}]"#,
            format!(r#""attachments":[{{"type":"x"}},{{"purpose":"tags",{encoded}}}]"#),
        ),
        (
            r#""attachments":[{"type":"tags","k":1}]"#,
            format!(r#""attachments":[{{"type":"tags","k":1,{encoded}}}]"#),
        ),
        (
            r#""attachments":[{"body":null,"purpose":"tags"}]"#,
            format!(
                r#""attachments":[{{{},"purpose":"tags","encoding":"json"}}]"#,
                r#""body":"[\"a:b\"]""#
            ),
        ),
        (
            r#""attachments":[{"purpose":"tags","body":["x:y",1.50],"encoding":"none"}]"#,
            r#""attachments":[{"purpose":"tags","body":"[\"x:y\", 1.5, \"a:b\"]","encoding":"json"}]"#.to_owned(),
        ),
        (
            r#""attachments":[{"purpose":"tags","body":"[\"a:b\"]","encoding":"json"},{"purpose":"tags"}]"#,
            r#""attachments":[{"purpose":"tags","body":"[\"a:b\", \"a:b\"]","encoding":"json"},{"purpose":"tags"}]"#
                .to_owned(),
        ),
    ] {
        let found = edited(&format!("{{{attachments}}}"), &tag("a", "b"));
        assert_eq!(found, Ok(format!("{{{expected}}}")), "{attachments}");
    }
    let mut document = Document::parse("{}").unwrap();
    document.apply(&tag("naïve", "\"q\"")).unwrap();
    assert_eq!(document.tags().unwrap(), ["naïve:\"q\""], "escapes");
    assert!(
        document.text().contains(r#""[\"na\\u00efve:\\\"q\\\"\"]""#),
        "ASCII form: {}",
        document.text()
    );
}

#[test]
fn bodies_that_are_no_list_take_no_tags() {
    for (body, bad_json) in [
        (r#""body":{"a":1}"#, false),
        (r#""body":"plain text""#, false),
        (r#""body":"[\"x\"]""#, false),
        (r#""body":"{}","encoding":"json""#, false),
        (r#""body":"not json","encoding":"json""#, true),
        (r#""body":7"#, false),
    ] {
        let text = format!(r#"{{"attachments":[{{"purpose":"tags",{body}}}]}}"#);
        let error = edited(&text, &tag("a", "b")).expect_err(body);
        assert_eq!(matches!(error, EditError::BadJson(_)), bad_json, "{body}: {error}");
        assert!(Document::parse(text).unwrap().tags().is_err(), "{body} read as tags");
    }
    let number = Document::parse(r#"{"attachments":[{"purpose":"tags","body":[1]}]}"#).unwrap();
    assert!(
        matches!(number.tags(), Err(EditError::WrongType(_))),
        "a tag that is not a text"
    );
    assert!(
        matches!(
            edited(r#"{"attachments":{}}"#, &tag("a", "b")),
            Err(EditError::WrongType(_))
        ),
        "attachments is no array"
    );
}

#[test]
fn lookups_find_the_first() {
    let text = concat!(
        r#"{"analysis":[{"type":"a","dialog":[0]},7,{"dialog":0},{"type":"a","dialog":0.0},{"type":"a","dialog":0}],"#,
        r#""attachments":[null,{"type":"p","purpose":"q"},{"purpose":"p"}]}"#
    );
    let document = Document::parse(text).unwrap();
    assert_eq!(document.find_analysis(0, "a"), Some(3), "analysis");
    assert_eq!(document.find_analysis(1, "a"), None, "another dialog");
    assert_eq!(document.find_attachment("p"), Some(1), "attachment by type");
    assert_eq!(document.find_attachment("q"), Some(1), "attachment by purpose");
    assert_eq!(document.find_attachment("r"), None, "no attachment");
}

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
        assert!(edited(text, &patch(&operations)).is_err(), "{operation} was taken");
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

#[test]
fn containers_beyond_the_budget_stay_editable() {
    let entries = vec!["{\"a\":1}"; 200_000].join(",");
    let text = format!(r#"{{"dialog":[{entries}],"analysis":[{{"type":"t"}}]}}"#);
    let mut document = Document::parse(text.as_str()).unwrap();
    assert_eq!(document.length(&pointer("/dialog")), Some(200_000), "length");
    document.apply(&set("/dialog/199999/a", "2")).unwrap();
    document.apply(&append("/analysis", "{}")).unwrap();
    let now = document.text();
    assert!(
        now.ends_with(r#"{"a":2}],"analysis":[{"type":"t"},{}]}"#),
        "the end: {}",
        &now[now.len() - 60..]
    );
}

/// JSON texts with odd spacing, escapes and number forms.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1.00".to_owned()),
        Just("-0".to_owned()),
        Just("12e2".to_owned()),
        "[a-zé\\\\\"/]{0,6}".prop_map(|text| json::quote(&text)),
        Just(r#""\u0061\/""#.to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[ {} ]", elements.join(" ,"))),
            prop::collection::btree_map("[a-d]|dialog|attachments|~/", inner, 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("{} : {value}", json::quote(name)))
                    .collect();
                format!("{{{}\n}}", members.join(", "))
            }),
        ]
    })
}

fn object_text() -> impl Strategy<Value = String> {
    json_text().prop_map(|value| {
        if value.starts_with('{') {
            value
        } else {
            format!("{{\"a\": {value}}}")
        }
    })
}

fn any_pointer() -> impl Strategy<Value = Pointer> {
    prop::collection::vec("[a-d]|[0-3]|-|dialog|attachments|~0~1", 0..5)
        .prop_map(|tokens| Pointer::parse(&[&[String::new()], &*tokens].concat().join("/")).unwrap())
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let value = || json_text().prop_map(String::into_boxed_str);
    let operation = (
        any_pointer(),
        any_pointer(),
        json_text(),
        "add|remove|replace|move|copy|test",
    )
        .prop_map(|(path, from, value, op)| {
            format!(r#"{{"op":"{op}","path":"{path}","from":"{from}","value":{value}}}"#)
        });
    prop_oneof![
        (any_pointer(), value()).prop_map(|(pointer, value)| Edit::Set { pointer, value }),
        (any_pointer(), value()).prop_map(|(pointer, value)| Edit::Append { pointer, value }),
        any_pointer().prop_map(|pointer| Edit::Remove { pointer }),
        prop::collection::vec(operation, 0..3).prop_map(|operations| patch(&format!("[{}]", operations.join(",")))),
        Just(tag("a", "b")),
        Just(Edit::Touch),
    ]
}

proptest! {
    #[test]
    fn edits_never_break_a_document(text in object_text(), edits in prop::collection::vec(any_edit(), 1..6)) {
        let mut document = Document::parse(text.as_str()).unwrap();
        prop_assert_eq!(&*document.text(), text.as_str());
        for edit in &edits {
            let before = document.text();
            let result = document.apply(edit);
            let now = document.text();
            prop_assert!(result.is_ok() || now == before, "a failed edit left traces");
            prop_assert_eq!(document.size_bytes(), now.len() as u64);
            prop_assert!(Document::parse(now.clone()).is_ok(), "{:?} left {}", edit, now);
        }
    }

    #[test]
    fn a_set_leaves_every_sibling_its_bytes(text in object_text(), at in any_pointer(), value in json_text()) {
        let before = Document::parse(text.as_str()).unwrap();
        let mut after = before.clone();
        if at.tokens().is_empty() || after.apply(&Edit::Set { pointer: at.clone(), value: value.as_str().into() }).is_err() {
            return Ok(());
        }
        let after = Document::parse(after.text()).unwrap();
        let (mut old, mut new) = (before.view(), after.view());
        for token in at.tokens() {
            for (name, sibling) in old.members() {
                if name != token {
                    prop_assert_eq!(new.member(&name).unwrap().text(), sibling.text());
                }
            }
            for (position, sibling) in old.elements().into_iter().enumerate() {
                if token != position.to_string() {
                    prop_assert_eq!(new.element(position).unwrap().text(), sibling.text());
                }
            }
            let (Some(older), Some(newer)) = (old.step(&token), new.step(&token)) else { break };
            (old, new) = (older, newer);
        }
        if !at.as_str().ends_with('-') {
            prop_assert_eq!(&*after.get(&at).unwrap(), value.trim());
        }
    }

    #[test]
    fn reading_agrees_with_another_parser(text in object_text(), at in any_pointer()) {
        let document = Document::parse(text.as_str()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let found = document.get(&at).map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
        prop_assert_eq!(found.as_ref(), value.pointer(at.as_str()));
    }

    #[test]
    fn the_scan_agrees_with_another_parser(text in "[\\[\\]{}:,\" \\\\a0-9.eE+ntu-]{0,12}") {
        // Where they differ, this one is stricter.
        if json::check(&text).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        } else if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            let members = text.matches(':').count();
            prop_assert!(members > 1, "{} was refused: {}", text, value);
        }
    }
}
