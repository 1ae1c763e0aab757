//! The meaning of a plain scalar in YAML 1.1, as in the safe loader of `PyYAML`.
//!
//! Guarantee: the same words are booleans, numbers and nulls as in the Conserver. Dates stay texts,
//! since JSON has none.

use serde_json::Number;

use super::Kind;

/// A plain word's value, and what its writer may not have meant.
pub(super) struct Resolved {
    pub(super) kind: Kind,
    pub(super) doubt: Option<&'static str>,
}

/// Reads a plain (unquoted) word.
pub(super) fn resolve(word: &str) -> Resolved {
    let certain = |kind| Resolved { kind, doubt: None };
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return certain(Kind::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return certain(Kind::Bool(true)),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return certain(Kind::Bool(false)),
        _ => {}
    }
    // Anything else that isn't a text begins like a number; most words end here.
    if !word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return certain(Kind::Text(word.to_owned()));
    }
    number(word).unwrap_or_else(|| certain(Kind::Text(word.to_owned())))
}

/// Message for a number that JSON can't express.
pub(super) const NOT_JSON: &str = "infinity and NaN can't be written in JSON";

fn number(word: &str) -> Option<Resolved> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return Some(Resolved {
            kind: Kind::Text(word.to_owned()),
            doubt: Some(NOT_JSON),
        });
    }
    if let Some(kind) = integer(digits, negative).or_else(|| float(digits, negative)) {
        return Some(Resolved { kind, doubt: None });
    }
    let kind = sexagesimal(digits, negative)?;
    Some(Resolved {
        kind,
        doubt: Some("YAML 1.1 reads this as a number to the base of 60"),
    })
}

fn integer(digits: &str, negative: bool) -> Option<Kind> {
    let (body, radix) = if let Some(body) = digits.strip_prefix("0b") {
        (body, 2)
    } else if let Some(body) = digits.strip_prefix("0x") {
        (body, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (digits.get(1..)?, 8)
    } else {
        (digits, 10)
    };
    if radix == 10 && body.starts_with('_') {
        return None;
    }
    let body: String = body.chars().filter(|digit| *digit != '_').collect();
    if body.is_empty() || !body.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let Ok(magnitude) = u64::from_str_radix(&body, radix) else {
        return huge(&body, radix, negative);
    };
    if !negative {
        return Some(Kind::Number(magnitude.into()));
    }
    match 0i64.checked_sub_unsigned(magnitude) {
        Some(value) => Some(Kind::Number(value.into())),
        None => huge(&body, radix, negative),
    }
}

/// An integer beyond 64 bits: the nearest double where it is decimal, as in most JSON readers.
fn huge(body: &str, radix: u32, negative: bool) -> Option<Kind> {
    if radix != 10 {
        return None;
    }
    finite(body.parse().ok()?, negative)
}

/// `[0-9][0-9_]*.[0-9_]*([eE][-+][0-9]+)?`, or the same without digits before the dot. Without a
/// dot it is a text (`1e5`), and also where the exponent has no sign.
fn float(digits: &str, negative: bool) -> Option<Kind> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    if whole.starts_with('_') || whole.is_empty() && !fraction.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if !whole
        .chars()
        .chain(fraction.chars())
        .all(|digit| digit.is_ascii_digit() || digit == '_')
    {
        return None;
    }
    if let Some(exponent) = exponent {
        let figures = exponent.strip_prefix(['+', '-'])?;
        if figures.is_empty() || !figures.chars().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
    }
    let plain: String = digits.chars().filter(|digit| *digit != '_').collect();
    finite(plain.parse().ok()?, negative)
}

/// `1:30` is 90 and `1:30:00.5` is 5400.5.
fn sexagesimal(digits: &str, negative: bool) -> Option<Kind> {
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut parts = whole.split(':');
    let first = parts.next()?;
    let leads = if fraction.is_some() { "0123456789" } else { "123456789" };
    if !first.starts_with(|lead| leads.contains(lead)) {
        return None;
    }
    let first: String = first.chars().filter(|digit| *digit != '_').collect();
    let mut value: u64 = first.parse().ok()?;
    let mut places = 0;
    for part in parts {
        let small: u64 = part.parse().ok().filter(|small| part.len() <= 2 && *small < 60)?;
        value = value.checked_mul(60)?.checked_add(small)?;
        places += 1;
    }
    if places == 0 || whole.contains('+') {
        return None;
    }
    let Some(fraction) = fraction else {
        let value = i64::try_from(value).ok()?;
        return Some(Kind::Number(if negative { -value } else { value }.into()));
    };
    if !fraction.chars().all(|digit| digit.is_ascii_digit() || digit == '_') {
        return None;
    }
    let plain: String = fraction.chars().filter(|digit| *digit != '_').collect();
    finite(format!("{value}.{plain}").parse().ok()?, negative)
}

fn finite(value: f64, negative: bool) -> Option<Kind> {
    Number::from_f64(if negative { -value } else { value }).map(Kind::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn value(word: &str) -> Value {
        match resolve(word).kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => json!(value),
            Kind::Number(value) => json!(value),
            Kind::Text(value) => json!(value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_mean_what_they_mean_in_yaml_1_1() {
        for (word, meaning) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("yes", json!(true)),
            ("On", json!(true)),
            ("OFF", json!(false)),
            ("y", json!("y")),
            ("yEs", json!("yEs")),
            ("0o644", json!("0o644")),
            ("0644", json!(420)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("+7", json!(7)),
            ("-7", json!(-7)),
            ("0", json!(0)),
            ("089", json!("089")),
            ("-", json!("-")),
            (".", json!(".")),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("-2.5e+3", json!(-2500.0)),
            ("1e5", json!("1e5")),
            ("1.0e5", json!("1.0e5")),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-31", json!("2024-01-31")),
            ("2024-01-31T10:00:00Z", json!("2024-01-31T10:00:00Z")),
            ("10.0.0.5:9000", json!("10.0.0.5:9000")),
            ("localhost:99", json!("localhost:99")),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
            ("1:30", json!(90)),
            ("-1:30", json!(-90)),
            ("01:30", json!("01:30")),
            ("1:61", json!("1:61")),
            ("1:+1", json!("1:+1")),
            ("1:30.5", json!(90.5)),
        ] {
            assert_eq!(value(word), meaning, "for {word:?}");
        }
    }

    #[test]
    fn what_was_probably_not_meant_is_doubted() {
        assert!(resolve("22:30").doubt.is_some());
        assert_eq!(resolve(".inf").doubt, Some(NOT_JSON));
        assert_eq!(resolve("-.INF").doubt, Some(NOT_JSON));
        assert_eq!(resolve(".nan").doubt, Some(NOT_JSON));
        assert!(resolve("0644").doubt.is_none());
    }
}
