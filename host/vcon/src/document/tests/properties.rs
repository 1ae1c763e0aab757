//! Rules that hold for every document and every edit.

use proptest::prelude::*;

use crate::testing::{patch, tag};
use crate::{Document, Edit, Pointer, json};

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
        // If they differ, this parser is stricter.
        if json::check(&text).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        } else if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            let members = text.matches(':').count();
            prop_assert!(members > 1, "{} was refused: {}", text, value);
        }
    }
}
