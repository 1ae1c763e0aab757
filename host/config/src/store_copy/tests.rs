//! Tests of the store's copy: what it holds, and how it is written and read back.

use super::*;
use crate::testing::{read, reader};

const TEXT: &str = "\
chains:
  z: {links: [b, {a: {tags: [x]}}], ingress_lists: [i], storages: [s2, s1], schedule: '0 2 * * *'}
  a: {links: [], ingress_lists: [j], timeout: 1.5}
links:
  b: {component: ./links/../b.wasm, grants: {http: [a.com]}, limits: {cpu_ms: 7}}
  a: {module: links.tag, options: {tags: [on, 'on', 0644]}}
storages:
  s2: {module: storage.file}
  s1: {module: storage.s3, options: {deep: {er: [1, null]}}}
ingress_auth: {j: [k], i: k2}
tracers: {t: {module: tracers.x}}
imports:
";

#[test]
fn a_file_and_its_copy_in_the_store_mean_the_same() {
    let from_file = read(TEXT, "/etc/v/c.yml");
    let mut entries = to_entries(&from_file.written);
    let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "chains:z",
            "chains:a",
            "link:b",
            "link:a",
            "storage:s2",
            "storage:s1",
            "ingress_auth",
            "vconduit:sections"
        ]
    );
    // A store may give them back in any order.
    entries.reverse();
    let from_store = reader().entries(&entries);
    let config = from_store.config.expect("it is good");
    assert_eq!(Some(&config), from_file.config.as_ref());
    assert!(
        config.chains.keys().map(AsRef::<str>::as_ref).eq(["z", "a"]),
        "the order is lost"
    );
    assert!(
        config.storages.keys().map(AsRef::<str>::as_ref).eq(["s2", "s1"]),
        "the order is lost"
    );
    assert_eq!(from_store.written, from_file.written);
    assert!(are_equal(&entries, &to_entries(&from_store.written)));
    let component = r#""component":"/etc/v/links/../b.wasm""#;
    assert!(
        entries
            .iter()
            .any(|(key, text)| key == "link:b" && text.contains(component))
    );
}

#[test]
fn an_empty_configuration_is_not_the_same_as_none() {
    let entries = to_entries(&read("", "c.yml").written);
    assert_eq!(entries.len(), 1);
    assert_eq!(reader().entries(&entries).config, Some(crate::Config::default()));
    assert!(!are_equal(&entries, &ConfigEntries::new()));
}

#[test]
fn an_entry_that_someone_else_wrote_comes_last() {
    let mut entries = to_entries(&read(TEXT, "/c.yml").written);
    entries.insert(
        0,
        ("storage:by_hand".to_owned(), r#"{"module":"storage.file"}"#.to_owned()),
    );
    let config = reader().entries(&entries).config.expect("it is good");
    assert!(
        config
            .storages
            .keys()
            .map(AsRef::<str>::as_ref)
            .eq(["s2", "s1", "by_hand"])
    );
}

#[test]
fn damaged_entries_are_all_named() {
    let entries = vec![
        ("link:a".to_owned(), "{".to_owned()),
        ("chains:b".to_owned(), String::new()),
    ];
    let checked = reader().entries(&entries);
    assert!(checked.config.is_none());
    let paths: Vec<&str> = checked.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["link:a", "chains:b"]);
}

#[test]
fn the_store_is_checked_like_a_file() {
    let entries = vec![(
        "chains:c".to_owned(),
        r#"{"links":["gone"],"ingress_lists":["i"]}"#.to_owned(),
    )];
    let checked = reader().entries(&entries);
    let errors: Vec<_> = checked.errors().collect();
    assert!(matches!(errors.as_slice(), [error] if error.path == "chains.c.links[0]" && error.line == 0));
}
