//! Renames, and the form that is written.

use super::*;

fn upgraded(text: &str) -> String {
    let mut document = Document::parse(text).unwrap();
    upgrade(&mut document);
    let once = document.text();
    upgrade(&mut document);
    assert_eq!(document.text(), once, "upgrading twice");
    once.to_string()
}

fn enforced(text: &str) -> String {
    let mut document = Document::parse(text).unwrap();
    enforce(&mut document);
    let once = document.text();
    enforce(&mut document);
    assert_eq!(document.text(), once, "enforcing twice");
    once.to_string()
}

#[test]
fn renamed_members_become_the_last_and_existing_new_names_stay() {
    for (text, expected) in [
        (r#"{"appended": {"x": 1.0}, "b": 2}"#, r#"{"b":2,"amended":{"x": 1.0}}"#),
        (
            r#"{"must_support":[],"appended":null}"#,
            r#"{"amended":null,"critical":[]}"#,
        ),
        (r#"{"appended":1,"b":2,"amended":3}"#, r#"{"b":2,"amended":3}"#),
        (
            r#"{"dialog":[{"schema_version":1,"mimetype":"m","must_support":[],"type":"text"}]}"#,
            r#"{"dialog":[{"type":"text","schema":1,"mediatype":"m","critical":[]}]}"#,
        ),
        (
            r#"{"analysis":[{"type":"t","mimetype":"m"}]}"#,
            r#"{"analysis":[{"type":"t","mediatype":"m"}]}"#,
        ),
        (
            r#"{"attachments":[{"type":"t","mimetype":"m"},{"type":"t","purpose":"p"}]}"#,
            r#"{"attachments":[{"mediatype":"m","purpose":"t"},{"type":"t","purpose":"p"}]}"#,
        ),
    ] {
        assert_eq!(upgraded(text), expected, "{text}");
    }
}

#[test]
fn documents_that_need_no_rename_keep_every_byte() {
    for text in [
        r#" { "parties": [ {"mimetype": "x", "type":"y"} ], "dialog": null, "analysis": {}, "attachments": [1, "mimetype", null] } "#,
        r#"{"dialog": [ {"mediatype": "m", "transfer": 1, "alg": "x", "signature": "y"} ]}"#,
        r#"{"payload":"x","signatures":[],"appended":1}"#,
        r#"{"ciphertext":"x","recipients":[],"must_support":1}"#,
    ] {
        assert_eq!(upgraded(text), text, "{text}");
    }
}

#[test]
fn entries_without_old_names_keep_their_bytes_next_to_others() {
    let text = r#"{"dialog":[{"a" : 1.0},{"mimetype":"m"}],"x": [ 1 ]}"#;
    assert_eq!(
        upgraded(text),
        r#"{"dialog":[{"a" : 1.0},{"mediatype":"m"}],"x":[ 1 ]}"#,
        "neighbour"
    );
}

#[test]
fn the_written_form_has_version_text_bodies_and_nothing_empty() {
    let text = concat!(
        r#"{"vcon":"0.0.1","uuid":"u","group":[ ],"redacted":{ },"#,
        r#""dialog":[{"body":{"stays":1}}],"#,
        r#""analysis":[{"type":"t","body":{"a":[1,2.50,"é"]},"encoding":"none"},{"body":"text","encoding":"none"},{"body":7}],"#,
        r#""attachments":[{"type":"p","body":[]}]}"#
    );
    let expected = concat!(
        r#"{"vcon":"0.4.0","uuid":"u","#,
        r#""dialog":[{"body":{"stays":1}}],"#,
        r#""analysis":[{"type":"t","body":"{\"a\": [1, 2.5, \"\\u00e9\"]}","encoding":"json"},{"body":"text","encoding":"none"},{"body":7}],"#,
        r#""attachments":[{"body":"[]","purpose":"p","encoding":"json"}]}"#
    );
    assert_eq!(enforced(text), expected, "written form");
}

#[test]
fn the_written_form_keeps_members_that_need_no_change() {
    assert_eq!(
        enforced(r#"{ "vcon" : "0.4.0" }"#),
        r#"{ "vcon" : "0.4.0" }"#,
        "nothing to do"
    );
    assert_eq!(
        enforced(r#"{"uuid":"u"}"#),
        r#"{"uuid":"u","vcon":"0.4.0"}"#,
        "a missing version is added last"
    );
    assert_eq!(
        enforced(r#"{"vcon":"0.4.0","group":[1],"redacted":{"a":1}}"#),
        r#"{"vcon":"0.4.0","group":[1],"redacted":{"a":1}}"#,
        "group and redacted that hold something"
    );
    assert_eq!(
        enforced(r#"{"vcon":7,"group":{},"redacted":[]}"#),
        r#"{"vcon":"0.4.0","group":{},"redacted":[]}"#,
        "odd types"
    );
    let sealed = r#"{"payload":"x","signatures":[],"group":[]}"#;
    assert_eq!(enforced(sealed), sealed, "sealed");
}
