//! The strict check, and JSON as Python writes it.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::scan::MAX_DEPTH;

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[test]
fn python_text_gives_the_hashes_that_the_conserver_gives() {
    let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(sha256(&python_text(" { } ")), empty, "empty document");
    let full = "c07a7d4095caa6610a32639163b06213ba97d6ef7f4689d9c4a8245b208ba6d0";
    let compact = concat!(
        r#"{"uuid":"u","attachments":[ ],"x":1.00,"y":1E20,"z":"é\u2028😀","n":null,"b":true,"#,
        r#""i":123456789012345678901,"f":1e-1,"g":0.0000001,"h":15e299}"#
    );
    assert_eq!(sha256(&python_text(compact)), full, "all kinds of values");
}

#[test]
fn python_text_is_stable() {
    let once = python_text(r#"{"a":[1,2.50,"x\/\u007f\b\f\n\r\t\"\\"],"b":{"c":-0,"d":-0.0}}"#);
    let expected = r#"{"a": [1, 2.5, "x/\u007f\b\f\n\r\t\"\\"], "b": {"c": 0, "d": -0.0}}"#;
    assert_eq!(once, expected, "written form");
    assert_eq!(python_text(&once), once, "written again");
    assert_eq!(python_text("{not json"), "{not json", "not JSON");
}

#[test]
fn floats_are_written_as_python_writes_them() {
    for (value, text) in [
        (1.0, "1.0"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.000_01, "1e-05"),
        (123_456_789_012_345.6, "123456789012345.6"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (-2.5e-7, "-2.5e-07"),
        (5e-324, "5e-324"),
        (57.168, "57.168"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (-0.01, "-0.01"),
        (120.0, "120.0"),
        (-1_234.5, "-1234.5"),
        // Exactly between two candidates.
        (180_828_940_632_114.62, "180828940632114.62"),
    ] {
        assert_eq!(python_float(value), text, "{value:e}");
    }
}

#[test]
fn text_that_is_not_strict_json_is_refused_with_line_and_column() {
    for (text, why) in [
        ("", "ends"),
        ("  ", "ends"),
        ("{", "member name"),
        ("[1,]", "expected a value"),
        ("{\"a\":1,}", "member name"),
        ("{\"a\" 1}", "`:`"),
        ("[1 2]", "`,` or `]`"),
        ("NaN", "expected a value"),
        ("[Infinity]", "expected a value"),
        ("-Infinity", "expected a digit"),
        ("01", "after"),
        ("1.", "digit"),
        ("1e", "digit"),
        (".5", "value"),
        ("+1", "value"),
        ("1e999", "out of range"),
        ("\"a", "does not end"),
        ("\"\n\"", "control character"),
        ("\"\\x\"", "escape"),
        ("\"\\u12g4\"", "escape"),
        ("\"\\u+123\"", "escape"),
        ("\"\\ud800\"", "surrogate"),
        ("\"\\ud800\\u0041\"", "surrogate"),
        ("\"\\udc00\"", "surrogate"),
        ("tru", "value"),
        ("nulll", "after"),
        ("{} {}", "after"),
        ("{\"a\":1,\"a\":2}", "twice"),
        ("[{\"x\":{\"a\":1,\"\\u0061\":2}}]", "twice"),
        ("\u{feff}{}", "value"),
    ] {
        let error = check(text).expect_err(text);
        let message = error.describe(text);
        assert!(message.contains(why), "{text:?}: {message}");
        assert!(message.contains("line 1 column"), "{text:?}: {message}");
    }
}

#[test]
fn duplicates_are_found_in_large_objects() {
    let mut members: Vec<String> = (0..100).map(|at| format!("\"m{at}\":{{\"a\":1}}")).collect();
    assert!(check(&format!("{{{}}}", members.join(","))).is_ok(), "no duplicates");
    for twice in ["\"m3\":0", "\"\\u006d99\":0"] {
        members.push(twice.to_owned());
        assert!(
            check(&format!("{{{}}}", members.join(","))).is_err(),
            "{twice} was accepted"
        );
        members.pop();
    }
}

#[test]
fn strict_json_is_accepted() {
    for text in [
        "0",
        "-0",
        "-0.0e-0",
        "1E+2",
        "\"\"",
        "\"\\ud83d\\ude00é\u{7f}\"",
        "[]",
        "{}",
        " [ 1 , 2 ] ",
        "{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]}}",
        "1e-999",
        "123456789012345678901234567890",
    ] {
        assert!(check(text).is_ok(), "{text} was refused");
        assert!(
            serde_json::from_str::<serde_json::Value>(text).is_ok(),
            "{text} is no JSON for others"
        );
    }
}

#[test]
fn depth_is_bounded_and_the_stack_with_it() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(check(&nested(MAX_DEPTH)), Ok(MAX_DEPTH), "the deepest that is accepted");
    assert!(check(&nested(MAX_DEPTH + 1)).is_err(), "one level more");
    assert!(check(&"[".repeat(1_000_000)).is_err(), "a million levels of arrays");
    assert!(
        check(&"{\"a\":".repeat(1_000_000)).is_err(),
        "a million levels of objects"
    );
}

#[test]
fn the_end_of_a_string_is_found_at_every_length() {
    for length in 0..300 {
        for special in ["\"", "\\\"x\"", "é\""] {
            let text = format!("\"{}{special}", "a".repeat(length));
            let end = check(&text);
            assert!(end.is_ok(), "{length} characters before {special}: {end:?}");
        }
        let text = format!("\"{}\u{1f}\"", "a".repeat(length));
        assert!(check(&text).is_err(), "a control character after {length}");
    }
}

#[test]
fn numbers_are_compared_exactly() {
    for (left, right) in [
        ("1", "1.0"),
        ("1.0", "1.00"),
        ("10", "1e1"),
        ("0.1", "1E-1"),
        ("-0", "0.0"),
        ("100", "1.00e+2"),
    ] {
        assert!(same_number(left, right), "{left} and {right}");
    }
    for (left, right) in [
        ("1", "-1"),
        ("0.1", "0.10000000000000001"),
        ("12345678901234567890", "12345678901234567891"),
        ("1", "10"),
    ] {
        assert!(!same_number(left, right), "{left} and {right}");
    }
}

#[test]
fn unquote_is_the_inverse_of_quote() {
    for text in ["", "plain", "a\"b\\c/\n\r\t\u{8}\u{c}\u{1}\u{7f}é😀\u{2028}"] {
        let quoted = quote(text);
        assert!(check(&quoted).is_ok(), "{quoted}");
        assert_eq!(unquote(&quoted), text, "{quoted}");
    }
}
