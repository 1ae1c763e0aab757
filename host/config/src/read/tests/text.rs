//! Rules of the text itself: YAML and its bounds.

use serde_json::json;

use super::{good, link, problems, with_link};
use crate::testing::read;

#[test]
fn yaml_faults_are_named_with_their_line() {
    for (text, begin, word) in [
        ("chains:\n  a: [\n", "E3 ", "not valid YAML"),
        ("chains:\n\ta: 1\n", "E2 ", "spaces"),
        ("a: 1\n---\nb: 2\n", "E2 ", "second document"),
        ("a: !!python/object:os.system x\n", "E1 ", "`!!python/object:os.system`"),
        ("a: !mine x\n", "E1 ", "`!mine`"),
        ("a: &x [*x]\n", "E1 ", "within what it names"),
        ("? [a]\n: b\n", "E1 ", "can't be a key"),
        ("x: {<<: 5}\n", "E1 ", "takes a mapping"),
        ("links: {a: {module: links.tag, options: {x: .inf}}}\n", "E1 ", "JSON"),
        ("chains: {}\nchains: {}\n", "W2 ", "in line 1"),
        (
            "links: {a: {module: links.tag, options: {at: 22:30}}}\n",
            "W1 ",
            "\"22:30\"",
        ),
    ] {
        let found = problems(text);
        assert!(
            found.iter().any(|p| p.starts_with(begin) && p.contains(word)),
            "{text:?}: {found:?}"
        );
    }
}

#[test]
fn values_keep_their_yaml_1_1_meaning_in_options() {
    let text = with_link(
        "module: links.tag\noptions:\n  <<: &base {a: 1, b: on}\n  b: 0o644\n  c: 2024-01-31\n  d: \"on\"\n  e: 0644\n  f: *base\n  8: !!str 5\n  g: |\n    two\n    lines",
    );
    assert_eq!(
        json!(link(&good(&text), "x").options),
        json!({"a": 1, "b": "0o644", "c": "2024-01-31", "d": "on", "e": 420, "f": {"a": 1, "b": true}, "8": "5", "g": "two\nlines\n"})
    );
}

#[test]
fn bombs_are_refused() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        bomb +=
            &format!("{to}: &{to} [*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from}]\n");
    }
    assert!(problems(&bomb)[0].contains("aliases"), "{:?}", problems(&bomb));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(problems(&deep)[0].contains("64 deep"));
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..80 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(problems(&chain)[0].contains("64 deep"));
    let long = "#".repeat((4 << 20) + 1);
    assert!(problems(&long)[0].starts_with("E1 ") && problems(&long)[0].contains("bytes"));
    let text = format!("t: &t {}\nl: [{}]", "y".repeat(1 << 20), "*t,".repeat(20));
    assert!(problems(&text)[0].contains("bytes of text"));
}

#[test]
fn no_more_problems_than_anyone_reads_and_never_without_the_error() {
    let mut text: String = (0..500).map(|n| format!("x{n}: 1\n")).collect();
    text += "chains: 5\n";
    let checked = read(&text, "f");
    assert!(checked.config.is_none());
    assert_eq!(checked.errors().count(), 1);
    assert!(checked.problems.len() <= 201);
}
