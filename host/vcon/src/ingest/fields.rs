//! The rules of the single fields.
//!
//! Guarantee: a rule depends on one value only. It refuses the value, or returns its stored form.

use std::borrow::Cow;

use super::patterns::{MIMETYPE, Pattern, TEL, URL};
use crate::dates::{DateError, Moment};
use crate::json::{python_float, quote};
use crate::lax;
use crate::tree::Node;
use crate::view::{Kind, View};

/// The reason why a value is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub kind: &'static str,
    pub message: Cow<'static, str>,
}

impl Refusal {
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

/// The stored form of a value if it differs from the value, or the reason why the value is refused.
pub(super) type Verdict = Result<Option<Node>, Refusal>;

/// The rule of a field.
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
        _ => Err(Refusal::new("string_type", "Input should be a valid string")),
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
        _ => Err(Refusal::new("dict_type", "Input should be a valid dictionary")),
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
        _ => Err(Refusal::new("list_type", "Input should be a valid list")),
    }
}

/// The rule of an entry that has declared members.
pub(super) fn entry(value: View<'_>) -> Verdict {
    match value.kind() {
        Kind::Object => Ok(None),
        _ => Err(Refusal::new(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
        )),
    }
}

pub(super) fn uuid(value: View<'_>) -> Verdict {
    let Some(text) = value.string() else {
        return Err(Refusal::new(
            "uuid_type",
            "UUID input should be a string, bytes or UUID object",
        ));
    };
    let uuid =
        lax::uuid(&text).map_err(|why| Refusal::new("uuid_parsing", format!("Input should be a valid UUID, {why}")))?;
    let stored = uuid.to_string();
    Ok((*text != *stored).then(|| Node::string(&stored)))
}

pub(super) fn created_at(value: View<'_>) -> Verdict {
    let refused = |why| {
        // A year that does not exist has the same kind of fault as a number.
        if why == DateError::YearZero || value.kind() == Kind::Number {
            return Refusal::new("datetime_parsing", format!("Input should be a valid datetime, {why}"));
        }
        Refusal::new(
            "datetime_from_date_parsing",
            format!("Input should be a valid datetime or date, {why}"),
        )
    };
    let moment = match value.kind() {
        Kind::String => Moment::from_text(&value.string().unwrap_or_default()).map_err(refused)?,
        Kind::Number => Moment::from_number(&value.text()).map_err(refused)?,
        _ => return Err(Refusal::new("datetime_type", "Input should be a valid datetime")),
    };
    let stored = moment.iso();
    Ok((!value.is(&stored)).then(|| Node::raw(quote(&stored))))
}

fn tel(value: View<'_>) -> Verdict {
    let why = "tel has to be a telephone number: `+`, a digit or `(`, then at least four digits or separators";
    matching(value, &TEL, why)
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
        Kind::Array | Kind::Object => return Err(Refusal::new("float_type", "Input should be a valid number")),
    };
    if !seconds.is_finite() {
        return Err(Refusal::new("finite_number", "Input should be a finite number"));
    }
    if seconds < 0.0 {
        return Err(Refusal::value("duration has to be 0 or more seconds"));
    }
    Ok((!is_float).then(|| Node::raw(python_float(seconds))))
}

fn float_text(text: &str) -> Result<f64, Refusal> {
    let unable = "Input should be a valid number, unable to parse string as a number";
    lax::float(text).ok_or_else(|| Refusal::new("float_parsing", unable))
}

/// The rule of a list of party indexes. Each index has its own rule, [`index`].
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

/// Reads one party index. Returns the decimal text of an integer.
pub(super) fn index(value: View<'_>) -> Result<String, Refusal> {
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
                return Err(Refusal::new(
                    "int_parsing_size",
                    "Unable to parse input string as an integer, exceeded maximum size",
                ));
            }
            if number.fract() == 0.0 {
                return Ok(format!("{:.0}", number + 0.0));
            }
            Err(Refusal::new(
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
            ))
        }
        Kind::String => index_text(&value.string().unwrap_or_default()),
        _ => Err(Refusal::new("int_type", "Input should be a valid integer")),
    }
}

fn index_text(text: &str) -> Result<String, Refusal> {
    let number = lax::whole_number(text).and_then(|number| number.parse::<i128>().ok());
    let unable = "Input should be a valid integer, unable to parse string as an integer";
    let number = number.ok_or_else(|| Refusal::new("int_parsing", unable))?;
    Ok(number.to_string())
}

fn url(value: View<'_>) -> Verdict {
    matching(value, &URL, "url has to be absolute: a scheme, `://`, and more")
}

fn mimetype(value: View<'_>) -> Verdict {
    matching(value, &MIMETYPE, "mimetype has to be `type/subtype` without parameters")
}

fn matching(value: View<'_>, pattern: &Pattern, why: &str) -> Verdict {
    text_or_null(value)?;
    match value.string() {
        Some(text) if !pattern.is_match(&text) => Err(Refusal::value(why)),
        _ => Ok(None),
    }
}

/// The signature and hash algorithms that the Conserver accepts.
const ALGORITHMS: [&str; 15] = [
    "SHA-256", "SHA-384", "SHA-512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512",
    "PS256", "PS384", "PS512",
];

fn alg(value: View<'_>) -> Verdict {
    text_or_null(value)?;
    match value.string() {
        Some(text) if !ALGORITHMS.contains(&&*text) => Err(Refusal::value(&format!(
            "alg has to be one of {}",
            ALGORITHMS.join(", ")
        ))),
        _ => Ok(None),
    }
}
