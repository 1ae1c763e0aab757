//! Reading ends with a result for every text.

use proptest::prelude::*;

use crate::testing::read;

const SEED: &str = "\
chains:
  main: &c
    links: [tag, {hook: {x: 1}}, {name: tag, options: {tags: [a]}}]
    ingress_lists: [a]
    storages: [file]
    timeout: 1.5
  two: {<<: *c, ingress_lists: ['b'], schedule: \"0 2 * * *\", weight: 2}
links:
  tag:
    module: links.tag
    limits: {cpu_ms: 5}
  hook:
    module: links.webhook
    options:
      webhook-urls: [\"http://[::1]:80/x\"]
      headers: {a: '{{secret:x}}'}
    grants: {http: [a.com, {host: 10.0.0.1, private: true}], vcons: [read]}
storages:
  file: {module: storage.file, options: {text: |
      block
    , n: !!str 5}}
ingress_auth: {a: [k], b: k}
";

/// Characters that mean something to YAML, and some that should not.
const TOKENS: &[&str] = &[
    ":", ": ", "- ", "? ", "{", "}", "[", "]", ",", "&a ", "*a", "!!str ", "!x ", "|", ">", "'", "\"", "#", "%", "@",
    "`", "\n", "\n  ", "\t", "---\n", "...\n", "<<: ", "\\x", "\u{feff}", "\u{0}", "\u{85}", "é", "1:30", ".inf", "~",
    "\r", "*", "http://", "::1",
];

#[test]
fn the_text_that_is_damaged_is_good() {
    let checked = read(SEED, "f.yml");
    assert!(checked.config.is_some(), "{:#?}", checked.problems);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_is_answered(edits in prop::collection::vec((0..SEED.len(), 0..8usize, 0..TOKENS.len()), 1..6)) {
        let mut text: Vec<char> = SEED.chars().collect();
        for (at, removed, token) in edits {
            let at = at.min(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, TOKENS[token].chars());
        }
        let text: String = text.into_iter().collect();
        let checked = read(&text, "f.yml");
        prop_assert_eq!(checked.config.is_some(), checked.errors().count() == 0);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}", tokens in prop::collection::vec(0..TOKENS.len(), 0..60)) {
        let soup: String = tokens.into_iter().map(|token| TOKENS[token]).collect();
        prop_assert!(read(&text, "f.yml").problems.len() <= 201);
        prop_assert!(read(&soup, "f.yml").problems.len() <= 201);
    }
}
