//! The rules of the single fields (`spec/conserver.md` §5.1).
//!
//! Guarantee: a rule looks at one value and nothing else, and says what is stored instead where that differs.

use std::borrow::Cow;

use crate::vcon::dates::{DateError, Moment};
use crate::vcon::json::{python_float, quote};
use crate::vcon::tree::Node;
use crate::vcon::view::{Kind, View};

/// Why a value is refused.
#[derive(Debug)]
pub(super) struct Bad {
    pub kind: &'static str,
    pub message: Cow<'static, str>,
}

impl Bad {
    fn new(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    fn value(why: &str) -> Self {
        Self::new("value_error", format!("Value error, {why}"))
    }
}

/// What is stored instead of the value, if it differs; or why it is refused.
pub(super) type Verdict = Result<Option<Node>, Bad>;

/// A field's rule.
pub(super) type Rule = fn(View<'_>) -> Verdict;

/// The declared members of a party, in the order in which they are stored.
pub(super) const PARTY: [(&str, Rule); 1] = [("tel", tel)];

/// The declared members of a dialog, in the order in which they are stored.
pub(super) const DIALOG: [(&str, Rule); 6] = [
    ("duration", duration),
    ("start", text_or_null),
    ("parties", indexes),
    ("url", url),
    ("mimetype", mimetype),
    ("alg", alg),
];

pub(super) fn text(value: View<'_>) -> Verdict {
    match value.kind() {
        Kind::String => Ok(None),
        _ => Err(Bad::new("string_type", "Input should be a valid string")),
    }
}

pub(super) fn text_or_null(value: View<'_>) -> Verdict {
    if value.kind() == Kind::Null {
        Ok(None)
    } else {
        text(value)
    }
}

pub(super) fn object(value: View<'_>) -> Verdict {
    match value.kind() {
        Kind::Object => Ok(None),
        _ => Err(Bad::new("dict_type", "Input should be a valid dictionary")),
    }
}

pub(super) fn object_or_null(value: View<'_>) -> Verdict {
    if value.kind() == Kind::Null {
        Ok(None)
    } else {
        object(value)
    }
}

pub(super) fn list(value: View<'_>) -> Verdict {
    match value.kind() {
        Kind::Array => Ok(None),
        _ => Err(Bad::new("list_type", "Input should be a valid list")),
    }
}

/// An entry that has declared members of its own.
pub(super) fn entry(value: View<'_>) -> Verdict {
    match value.kind() {
        Kind::Object => Ok(None),
        _ => Err(Bad::new(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
        )),
    }
}

pub(super) fn uuid(value: View<'_>) -> Verdict {
    let Some(text) = value.string() else {
        return Err(Bad::new(
            "uuid_type",
            "UUID input should be a string, bytes or UUID object",
        ));
    };
    let uuid =
        uuid_of(&text).map_err(|why| Bad::new("uuid_parsing", format!("Input should be a valid UUID, {why}")))?;
    let stored = uuid.to_string();
    Ok((*text != *stored).then(|| Node::string(&stored)))
}

/// Reads a UUID: hyphenated, simple, in braces, or a URN in small letters.
pub(super) fn uuid_of(text: &str) -> Result<::uuid::Uuid, String> {
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
    ::uuid::Uuid::parse_str(text).map_err(|error| error.to_string())
}

pub(super) fn created_at(value: View<'_>) -> Verdict {
    let refused = |why| {
        // A date that does not exist has a kind of its own, as numbers have.
        if why == DateError::YearZero || value.kind() == Kind::Number {
            return Bad::new("datetime_parsing", format!("Input should be a valid datetime, {why}"));
        }
        Bad::new(
            "datetime_from_date_parsing",
            format!("Input should be a valid datetime or date, {why}"),
        )
    };
    let moment = match value.kind() {
        Kind::String => Moment::from_text(&value.string().unwrap_or_default()).map_err(refused)?,
        Kind::Number => Moment::from_number(&value.text()).map_err(refused)?,
        _ => return Err(Bad::new("datetime_type", "Input should be a valid datetime")),
    };
    let stored = moment.iso();
    Ok((!value.is(&stored)).then(|| Node::raw(quote(&stored))))
}

fn tel(value: View<'_>) -> Verdict {
    text_or_null(value)?;
    let Some(text) = value.string() else { return Ok(None) };
    let mut characters = text.chars();
    let first = characters
        .next()
        .is_some_and(|first| first == '+' || first == '(' || is_digit(first));
    let rest = characters.clone().count() >= 4 && characters.all(is_tel_character);
    if first && rest {
        return Ok(None);
    }
    Err(Bad::value(
        "tel has to be a telephone number: `+`, a digit or `(`, then at least four digits or separators",
    ))
}

fn is_tel_character(character: char) -> bool {
    is_digit(character) || is_space(character) || "-().+xX#*".contains(character)
}

/// White space as the Conserver's patterns see it.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The first of each run of ten decimal digits beyond ASCII in Unicode; the Conserver's patterns take them as digits.
const DIGIT_RUNS: [u32; 60] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];
/// The mathematical digits: five runs in a row.
const MATHEMATICAL_DIGITS: std::ops::RangeInclusive<u32> = 0x1d7ce..=0x1d7ff;

fn is_digit(character: char) -> bool {
    let code = u32::from(character);
    character.is_ascii_digit()
        || MATHEMATICAL_DIGITS.contains(&code)
        || (code > 0x7f && DIGIT_RUNS.iter().any(|&run| (run..run + 10).contains(&code)))
}

fn duration(value: View<'_>) -> Verdict {
    let (seconds, is_float) = match value.kind() {
        Kind::Null => return Ok(None),
        Kind::Boolean => (f64::from(u8::from(value.text() == "true")), false),
        Kind::Number => {
            let text = value.text();
            (text.parse().unwrap_or(f64::NAN), text.contains(['.', 'e', 'E']))
        }
        Kind::String => (float_text(&value.string().unwrap_or_default())?, false),
        Kind::Array | Kind::Object => return Err(Bad::new("float_type", "Input should be a valid number")),
    };
    if !seconds.is_finite() {
        return Err(Bad::new("finite_number", "Input should be a finite number"));
    }
    if seconds < 0.0 {
        return Err(Bad::value("duration has to be 0 or more seconds"));
    }
    Ok((!is_float).then(|| Node::raw(python_float(seconds))))
}

fn float_text(text: &str) -> Result<f64, Bad> {
    let unable = "Input should be a valid number, unable to parse string as a number";
    plain_digits(text.trim())
        .parse()
        .map_err(|_| Bad::new("float_parsing", unable))
}

/// Numeric text without the single underscores between digits that Python allows.
fn plain_digits(text: &str) -> Cow<'_, str> {
    let separators_only = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    if text.contains('_') && separators_only {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The list of party indexes; each has its own verdict in [`index`].
fn indexes(value: View<'_>) -> Verdict {
    if value.kind() == Kind::Null {
        return Ok(None);
    }
    list(value)?;
    let elements = value.elements();
    let stored = elements
        .iter()
        .map(|element| index(*element))
        .collect::<Result<Vec<_>, _>>()?;
    let same = elements
        .iter()
        .zip(&stored)
        .all(|(element, stored)| element.text() == stored.as_str());
    Ok((!same).then(|| Node::raw(format!("[{}]", stored.join(",")))))
}

/// One party index, as the decimal text of an integer.
pub(super) fn index(value: View<'_>) -> Result<String, Bad> {
    let text = value.text();
    match value.kind() {
        Kind::Boolean => Ok(u8::from(text == "true").to_string()),
        Kind::Number if !text.contains(['.', 'e', 'E']) => Ok(if text == "-0" {
            "0".to_owned()
        } else {
            text.into_owned()
        }),
        Kind::Number => {
            let number: f64 = text.parse().unwrap_or(f64::NAN);
            if number.abs() >= 9.3e18 {
                return Err(Bad::new(
                    "int_parsing_size",
                    "Unable to parse input string as an integer, exceeded maximum size",
                ));
            }
            if number.fract() == 0.0 {
                return Ok(format!("{:.0}", number + 0.0));
            }
            Err(Bad::new(
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
            ))
        }
        Kind::String => index_text(&value.string().unwrap_or_default()),
        _ => Err(Bad::new("int_type", "Input should be a valid integer")),
    }
}

fn index_text(text: &str) -> Result<String, Bad> {
    let text = text.trim();
    let whole = text
        .split_once('.')
        .filter(|(_, zeros)| !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0'));
    let whole = plain_digits(whole.map_or(text, |(whole, _)| whole));
    let unable = "Input should be a valid integer, unable to parse string as an integer";
    let number: i128 = whole.parse().map_err(|_| Bad::new("int_parsing", unable))?;
    Ok(number.to_string())
}

fn url(value: View<'_>) -> Verdict {
    text_or_null(value)?;
    let Some(text) = value.string() else { return Ok(None) };
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let letter = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let known = scheme
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    let goes_on = rest.chars().next().is_some_and(|next| next != '\n');
    if letter && known && goes_on {
        return Ok(None);
    }
    Err(Bad::value("url has to be absolute: a scheme, `://`, and more"))
}

fn mimetype(value: View<'_>) -> Verdict {
    text_or_null(value)?;
    let Some(text) = value.string() else { return Ok(None) };
    // The Conserver's pattern lets one line end slip through.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let is_type = |part: &str, more: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || more.contains(character))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if is_type(kind, "!#$&-^_") && is_type(subtype, "!#$&-^_.+") => Ok(None),
        _ => Err(Bad::value("mimetype has to be `type/subtype` without parameters")),
    }
}

/// The signature and hash algorithms that are known.
const ALGORITHMS: [&str; 15] = [
    "SHA-256", "SHA-384", "SHA-512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512",
    "PS256", "PS384", "PS512",
];

fn alg(value: View<'_>) -> Verdict {
    text_or_null(value)?;
    match value.string() {
        Some(text) if !ALGORITHMS.contains(&&*text) => {
            Err(Bad::value(&format!("alg has to be one of {}", ALGORITHMS.join(", "))))
        }
        _ => Ok(None),
    }
}
