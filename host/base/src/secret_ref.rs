//! References to secrets in texts: `{{secret:NAME}}`.
//!
//! Guarantee: grants, options, request headers and masks are read alike. Spaces around a name do
//! not count, and an unclosed reference is never a reference.

use std::fmt::Display;

const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text without a reference.
    Text(&'a str),
    /// The name of the secret in a reference.
    Secret(&'a str),
    /// The rest of the text from an unclosed `{{secret:` on.
    Unclosed(&'a str),
}

/// Returns the parts of a text in order. Empty texts between references are omitted.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = first(rest)?;
        rest = after;
        Some(part)
    })
}

/// Returns the first part of a text, and the text after it.
fn first(text: &str) -> Option<(Part<'_>, &str)> {
    let Some(reference) = text.strip_prefix(OPEN) else {
        let (before, after) = text.split_at_checked(text.find(OPEN).unwrap_or(text.len()))?;
        return (!before.is_empty()).then_some((Part::Text(before), after));
    };
    Some(match reference.split_once(CLOSE) {
        Some((name, after)) => (Part::Secret(name.trim()), after),
        None => (Part::Unclosed(text), ""),
    })
}

/// Returns the names of all secrets that a text refers to.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Secret(name) => Some(name),
        _ => None,
    })
}

/// Returns the name of the secret if the text is one reference and nothing else.
#[must_use]
pub fn whole(text: &str) -> Option<&str> {
    let mut parts = parts(text);
    match (parts.next(), parts.next()) {
        (Some(Part::Secret(name)), None) => Some(name),
        _ => None,
    }
}

/// Returns the reference to the secret of this name.
pub fn written(name: impl Display) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_part_by_part() {
        use Part::{Secret, Text, Unclosed};
        for (text, expected) in [
            ("", &[] as &[Part]),
            ("plain {{x}}", &[Text("plain {{x}}")]),
            ("{{secret:A}}", &[Secret("A")]),
            ("{{secret: A }}:{{secret:B}}", &[Secret("A"), Text(":"), Secret("B")]),
            ("a {{secret:A}} b", &[Text("a "), Secret("A"), Text(" b")]),
            ("a {{secret:A}", &[Text("a "), Unclosed("{{secret:A}")]),
            ("{{secret:}}", &[Secret("")]),
        ] {
            assert_eq!(parts(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
        assert_eq!(names("{{secret:A}}-{{secret:B}}").collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn only_a_reference_alone_is_a_whole_one() {
        assert_eq!(whole(&written("KEY")), Some("KEY"));
        for text in [
            "",
            "KEY",
            "x{{secret:KEY}}",
            "{{secret:KEY}} ",
            "{{secret:KEY}",
            "{{secret:A}}{{secret:B}}",
        ] {
            assert_eq!(whole(text), None, "{text:?}");
        }
    }
}
