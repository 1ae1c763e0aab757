//! Texts that stand for a UUID or a number, in all the spellings that pydantic accepts (its "lax
//! mode").
//!
//! Guarantee: the result depends on the text only. [`ingest`](crate::ingest) reads documents with
//! these functions, so a service that uses them reads its query parameters alike.

use std::borrow::Cow;

use uuid::Uuid;

/// Reads a UUID: hyphenated, simple, in braces, or a URN in lower case.
///
/// # Errors
/// The reason, in the words of pydantic.
pub fn uuid(text: &str) -> Result<Uuid, String> {
    let braced = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let plain = text.strip_prefix("urn:uuid:").or(braced).unwrap_or(text);
    let shift = text.find(plain).unwrap_or(0);
    if let Some((at, odd)) = plain
        .char_indices()
        .find(|(_, character)| !character.is_ascii_hexdigit() && *character != '-')
    {
        return Err(format!("invalid character: found `{odd}` at {}", shift + at + 1));
    }
    if !plain.contains('-') && plain.len() != 32 {
        return Err(format!(
            "invalid length: expected length 32 for simple format, found {}",
            plain.len()
        ));
    }
    Uuid::parse_str(text).map_err(|error| error.to_string())
}

/// Returns the sign and digits of a whole number, without white space around it, single `_` between
/// its digits and `.0` after it. None if the text is no whole number. The number can have any size.
#[must_use]
pub fn whole_number(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    let plain = without_separators(whole);
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(plain)
}

/// Reads a number with or without a fraction. It can be infinite or NaN. None if the text is no
/// number.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    without_separators(text.trim()).parse().ok()
}

/// Removes the single underscores that Python allows between digits.
fn without_separators(text: &str) -> Cow<'_, str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let separators_only = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if digits.contains('_') && separators_only {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("12", "12"),
            (" -1_0 ", "-10"),
            ("+1.00", "+1"),
            ("99999999999999999999999999", "99999999999999999999999999"),
        ] {
            assert_eq!(whole_number(text).as_deref(), Some(expected), "{text:?}");
        }
        for text in ["", "-", "1.5", "1.", ".0", "_1", "+_1", "1_", "1__0", "1 0", "1e3", "٣"] {
            assert_eq!(whole_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        assert_eq!(float(" 1_0.5 "), Some(10.5));
        for text in ["", "_1", "-_1.5", "1__0", "ten"] {
            assert_eq!(float(text), None, "{text:?}");
        }
    }
}
