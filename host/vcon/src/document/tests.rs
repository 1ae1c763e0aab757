//! Reading of documents.

use super::*;
use crate::testing::{append, pointer, set};

mod properties;

#[test]
fn text_that_is_not_a_json_object_is_refused() {
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
fn a_clone_does_not_see_later_edits() {
    let mut document = Document::parse(r#"{"a":{"b":[1]}}"#).unwrap();
    let before = document.clone();
    document.apply(&append("/a/b", "2")).unwrap();
    assert_eq!(&*before.text(), r#"{"a":{"b":[1]}}"#, "the clone");
    assert_eq!(&*document.text(), r#"{"a":{"b":[1,2]}}"#, "the edited one");
}

#[test]
fn lookups_return_the_first_match() {
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
fn containers_beyond_the_node_limit_can_be_edited() {
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
