//! The section `signing`.

use super::*;
use crate::store_copy;
use crate::testing::reader;

const KEY: &str = "RWQvKE5RjEYqp27ydU81Sz0VhrLAJMPrjal3utZHmHztjZpBtgUcDWHS";

fn errors(text: &str) -> Vec<(usize, String, String)> {
    let checked = read(text, "c.yml");
    let found = checked.errors();
    found
        .map(|error| (error.line, error.path.clone(), error.message.clone()))
        .collect()
}

#[test]
fn keys_are_read_and_kept_in_the_stores_copy() {
    let text = format!("signing:\n  require: true\n  keys:\n    - {KEY}\n");
    let checked = read(&text, "c.yml");
    let signing = checked.config.clone().expect("it is good").signing;
    assert!(signing.require);
    assert_eq!(signing.keys.len(), 1);
    assert_eq!(signing.keys[0].id().to_string(), "A72A468C514E282F");
    let from_store = reader().entries(&store_copy::to_entries(&checked.written));
    assert_eq!(from_store.config.expect("it is good").signing, signing);
    let without = read("", "c.yml").config.expect("it is good").signing;
    assert!(!without.require && without.keys.is_empty());
}

#[test]
fn what_would_let_unsigned_components_in_by_mistake_is_an_error_with_its_line() {
    for (text, line, path) in [
        ("signing: yes please\n", 1, "signing"),
        ("signing:\n  require: 'true'\n", 2, "signing.require"),
        ("signing:\n  required: true\n", 2, "signing.required"),
        ("signing:\n  keys: RWQ\n", 2, "signing.keys"),
        ("signing:\n  keys:\n    - RWQ\n", 3, "signing.keys[0]"),
        ("signing:\n  keys:\n    - 5\n", 3, "signing.keys[0]"),
    ] {
        let found = errors(text);
        assert!(
            matches!(found.as_slice(), [(at, named, _)] if *at == line && named == path),
            "{text:?}: {found:?}"
        );
    }
    for text in ["signing: {require: true}\n", "signing: {require: true, keys: []}\n"] {
        let found = errors(text);
        assert!(
            matches!(found.as_slice(), [(1, _, message)] if message.contains("no key")),
            "{found:?}"
        );
    }
}

#[test]
fn a_key_that_is_listed_twice_counts_once() {
    let checked = read(&format!("signing: {{keys: [{KEY}, {KEY}]}}\n"), "c.yml");
    assert_eq!(checked.warnings().count(), 1);
    assert_eq!(checked.config.expect("it is good").signing.keys.len(), 1);
}
