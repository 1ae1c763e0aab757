//! JSON text: the strict check, and JSON as Python writes it.
//!
//! Guarantee: text that these functions return for checked text is checked text itself.

use std::fmt::Write as _;

use super::scan::{Scanner, SyntaxError, unquote};

/// Checks that a text is one strict JSON value, and returns how many levels of arrays and objects
/// it has, at most [`MAX_DEPTH`](crate::MAX_DEPTH).
///
/// # Errors
/// The first fault and its offset.
pub(crate) fn check(text: &str) -> Result<usize, SyntaxError> {
    let mut scanner = Scanner::strict(text);
    scanner.space();
    scanner.value(0)?;
    scanner.end()?;
    Ok(scanner.deepest())
}

/// Returns the JSON text of a string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text
        .bytes()
        .enumerate()
        .filter(|&(_, byte)| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        out.push_str(text.get(plain..at).unwrap_or_default());
        escape(char::from(byte), &mut out);
        plain = at + 1;
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
    out
}

/// Rewrites JSON text as Python's `json.dumps` writes it: separators `", "` and `": "`, ASCII only,
/// and floats in the form of Python's `repr`. Text that is not strict JSON is returned as it is.
///
/// The vCon Conserver hashes and stores documents in this form.
///
/// # Examples
/// ```
/// use vcon_document::json::python_text;
///
/// assert_eq!(python_text(r#"{"a":[1,2.50],"b":"é"}"#), r#"{"a": [1, 2.5], "b": "\u00e9"}"#);
/// ```
#[must_use]
pub fn python_text(json: &str) -> String {
    if check(json).is_err() {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        let length = token_length(rest, first);
        let Some((token, after)) = rest.split_at_checked(length) else {
            break;
        };
        match first {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b',' => out.push_str(", "),
            b':' => out.push_str(": "),
            b'"' => python_string(&unquote(token), &mut out),
            b'-' | b'0'..=b'9' => python_number(token, &mut out),
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// Returns the length of the token at the start of checked JSON text, in bytes.
fn token_length(rest: &str, first: u8) -> usize {
    match first {
        b'"' => {
            let mut scanner = Scanner::again(rest);
            scanner.string().map_or(rest.len(), |span| span.end)
        }
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => rest
            .bytes()
            .position(|byte| !matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E'))
            .unwrap_or(rest.len()),
        _ => 1,
    }
}

fn escape(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

fn python_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => escape(character, out),
            ' '..='~' => out.push(character),
            other => escape(other, out),
        }
    }
    out.push('"');
}

fn python_number(token: &str, out: &mut String) {
    if !token.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        // Python has one integer zero.
        out.push_str(if token == "-0" { "0" } else { token });
        return;
    }
    out.push_str(&token.parse().map_or_else(|_| token.to_owned(), python_float));
}

/// Returns a double as Python's `repr` writes it: the fewest digits that read back as the same
/// number, `.0` for whole numbers, and an exponent below 1e-4 and from 1e16 on.
pub(crate) fn python_float(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{value:?}").replace("inf", "Infinity")
        };
    }
    let scientific = shortest(value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Returns the fewest digits that read back as this number, in exponent form. Of two candidates
/// that are equally near, Python takes the even one and Rust the larger one.
fn shortest(value: f64) -> String {
    let larger = format!("{value:e}");
    let Some((mantissa, exponent)) = larger.split_once('e') else {
        return larger;
    };
    let Some(last) = mantissa.bytes().last().filter(|digit| digit % 2 == 1) else {
        return larger;
    };
    let kept = mantissa.len() - 1;
    let even = format!("{}{}", mantissa.get(..kept).unwrap_or_default(), char::from(last - 1));
    let exact = format!("{value:.40e}");
    let rest = exact.split('e').next().and_then(|digits| digits.strip_prefix(&even));
    let is_tie = rest
        .and_then(|rest| rest.strip_prefix('5'))
        .is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'));
    let even = format!("{even}e{exponent}");
    if is_tie && even.parse() == Ok(value) {
        even
    } else {
        larger
    }
}

/// Returns `d.ddd` times a power of ten without exponent, with at least one digit after the point.
fn plain(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let Ok(before) = usize::try_from(exponent + 1) else {
        let zeros = "0".repeat(exponent.abs_diff(-1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    };
    if before == 0 {
        return format!("{sign}0.{digits}");
    }
    match digits.split_at_checked(before) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{digits:0<before$}.0"),
    }
}

/// Compares two JSON numbers exactly: `1.0`, `1` and `10e-1` are the same number.
pub(crate) fn same_number(left: &str, right: &str) -> bool {
    left == right || decimal(left) == decimal(right)
}

/// Returns the sign, the significant digits without zeros at either end, and the power of ten of
/// the last digit.
fn decimal(number: &str) -> (bool, String, i64) {
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return (false, String::new(), 0);
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::try_from(dropped).unwrap_or(0) - i64::try_from(fraction.len()).unwrap_or(0);
    // The exponent of a finite number fits, unless the number has absurdly many digits. Such
    // numbers are equal only if their texts are.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX / 2);
    (negative, significant.to_owned(), exponent.saturating_add(shift))
}

#[cfg(test)]
mod tests;
