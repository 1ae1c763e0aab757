//! Makes a JSON text that a JSONB column accepts.
//!
//! Guarantee: the result differs from the input only in `\u0000`, which is left out, and in half
//! surrogate pairs, which become U+FFFD. JSONB refuses a whole document for either.

use std::borrow::Cow;

/// Returns the text that JSONB accepts, and true if it differs from the input, which has to be
/// valid JSON.
pub fn storable(json: &str) -> (Cow<'_, str>, bool) {
    if !json.contains("\\u") {
        return (Cow::Borrowed(json), false);
    }
    let mut text = String::with_capacity(json.len());
    let mut changed = false;
    let mut rest = json;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let (taken, storable) = one_escape(escape);
        changed |= matches!(storable, StorableEscape::Instead(_));
        match storable {
            StorableEscape::AsIs => {
                text.push('\\');
                text.push_str(escape.get(..taken).unwrap_or_default());
            }
            StorableEscape::Instead(other) => text.push_str(other),
        }
        rest = escape.get(taken..).unwrap_or_default();
    }
    text.push_str(rest);
    if changed {
        (Cow::Owned(text), true)
    } else {
        (Cow::Borrowed(json), false)
    }
}

/// The form of an escape that JSONB accepts.
enum StorableEscape {
    AsIs,
    Instead(&'static str),
}

/// Reads an escape behind its backslash. Returns its length in bytes and its storable form.
fn one_escape(escape: &str) -> (usize, StorableEscape) {
    const HIGH: std::ops::RangeInclusive<u32> = 0xD800..=0xDBFF;
    const LOW: std::ops::RangeInclusive<u32> = 0xDC00..=0xDFFF;
    let Some(unit) = code_unit(escape) else {
        return (1, StorableEscape::AsIs);
    };
    if unit == 0 {
        return (5, StorableEscape::Instead(""));
    }
    if HIGH.contains(&unit) {
        let second = escape
            .get(5..)
            .and_then(|rest| rest.strip_prefix('\\'))
            .and_then(code_unit);
        return if second.is_some_and(|second| LOW.contains(&second)) {
            (11, StorableEscape::AsIs)
        } else {
            (5, StorableEscape::Instead("\u{FFFD}"))
        };
    }
    if LOW.contains(&unit) {
        (5, StorableEscape::Instead("\u{FFFD}"))
    } else {
        (5, StorableEscape::AsIs)
    }
}

/// Returns the code unit of `uXXXX`. None for any other escape.
fn code_unit(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::storable;

    #[test]
    fn only_characters_that_jsonb_refuses_are_changed() {
        for same in [r#"{"a": "\\u0000 \" \n \u00e9 \ud83d\ude00"}"#, "{}", r#""\\\\u0000""#] {
            assert_eq!(storable(same), (same.into(), false));
        }
        for (from, to) in [
            (r#""\u0000""#, r#""""#),
            (r#""\\\u0000x""#, r#""\\x""#),
            (r#""\udc00\ud800""#, "\"\u{FFFD}\u{FFFD}\""),
            (r#""\ud800A""#, "\"\u{FFFD}A\""),
            (r#""\ud800\u0000""#, "\"\u{FFFD}\""),
        ] {
            assert_eq!(storable(from), (to.into(), true), "{from}");
        }
    }
}
