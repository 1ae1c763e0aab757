//! Untrusted text, made safe for logs, errors and terminals.
//!
//! Guarantee: the result has no control character, no escape sequence and no character that changes
//! the reading direction, and is not longer than requested.

use std::borrow::Cow;

/// The mark at the end of a text that was cut.
const CUT: &str = "…";

/// Escapes a text and cuts it to about `max_bytes`. The mark of the cut is added to that length.
#[must_use]
pub fn clean(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(max_bytes).saturating_add(CUT.len()));
    for character in text.chars() {
        if out.len().saturating_add(character.len_utf8()) > max_bytes {
            out.push_str(CUT);
            break;
        }
        if is_unsafe(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// True for control characters (ESC and the C1 set included), line separators, and marks that
/// change the reading direction.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_not_copied() {
        assert!(matches!(clean("Grüße, 世界", 100), Cow::Borrowed("Grüße, 世界")));
    }

    #[test]
    fn control_characters_and_direction_marks_are_escaped() {
        assert_eq!(
            clean("a\u{1b}[2Jb\nc\u{202e}d\u{9b}", 100),
            "a\\u{1b}[2Jb\\nc\\u{202e}d\\u{9b}"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clean("aäääää", 4), "aä…");
        assert_eq!(clean("abc", 0), "…");
    }
}
