//! Tags in all forms of the attachment.

use super::*;
use crate::Document;
use crate::testing::{edited, tag};

#[test]
fn tags_are_added_in_the_form_of_the_conserver() {
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
fn a_tags_attachment_whose_body_is_no_list_is_refused() {
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
