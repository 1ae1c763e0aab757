//! Query and path parameters, with pydantic's words for their faults.
//!
//! Guarantee: a repeated parameter has its last value, or is a list where a list is expected.
//! Unknown parameters are ignored.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::{Value, json};

use super::fault::{FieldFault, Parsed};
use vcon_document::{Moment, VconId, lax};
use vconduit_base::names::{ListName, StorageName};

/// The query parameters of a request.
pub struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    /// Reads a query string. Bytes that are not UTF-8 become replacement characters.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The last value of a parameter.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is the name of a list.
    ///
    /// # Errors
    /// It is missing, or can't be the name of a list.
    pub fn list(&self, name: &str) -> Parsed<ListName> {
        let value = self.text(name).ok_or_else(|| vec![FieldFault::missing(loc(name))])?;
        list_name(loc(name), value)
    }

    /// A parameter that is the name of a storage.
    ///
    /// # Errors
    /// It is missing, or can't be the name of a storage.
    pub fn storage(&self, name: &str) -> Parsed<StorageName> {
        let value = self.text(name).ok_or_else(|| vec![FieldFault::missing(loc(name))])?;
        StorageName::new(value).map_err(|error| vec![FieldFault::value(loc(name), error.rule, error.value.into())])
    }

    /// A parameter that is the name of a list, any number of times.
    ///
    /// # Errors
    /// A fault for each that can't be the name of a list.
    pub fn lists(&self, name: &str) -> Parsed<Vec<ListName>> {
        collect(
            self.all(name)
                .enumerate()
                .map(|(at, value)| list_name(loc_at(name, at), value)),
        )
    }

    /// A parameter that is a UUID, at least once.
    ///
    /// # Errors
    /// It is missing; a fault for each that is not a UUID.
    pub fn uuids(&self, name: &str) -> Parsed<Vec<VconId>> {
        let mut values = self.all(name).enumerate().peekable();
        if values.peek().is_none() {
            return Err(vec![FieldFault::missing(loc(name))]);
        }
        collect(values.map(|(at, value)| uuid(loc_at(name, at), value)))
    }

    /// A parameter that is a whole number.
    ///
    /// # Errors
    /// It is not a whole number.
    pub fn int(&self, name: &str, default: i64) -> Parsed<i64> {
        let Some(value) = self.text(name) else {
            return Ok(default);
        };
        integer(value).ok_or_else(|| {
            let message = "Input should be a valid integer, unable to parse string as an integer";
            vec![FieldFault::new("int_parsing", loc(name), message, value.into())]
        })
    }

    /// A parameter that is a whole number within bounds.
    ///
    /// # Errors
    /// It is not a whole number, or outside the bounds.
    pub fn int_within(&self, name: &str, default: i64, least: i64, most: i64) -> Parsed<i64> {
        let number = self.int(name, default)?;
        let input = || Value::from(self.text(name).unwrap_or_default());
        let fault = if number < least {
            let message = format!("Input should be greater than or equal to {least}");
            FieldFault::new("greater_than_equal", loc(name), message, input()).with(json!({"ge": least}))
        } else if number > most {
            let message = format!("Input should be less than or equal to {most}");
            FieldFault::new("less_than_equal", loc(name), message, input()).with(json!({"le": most}))
        } else {
            return Ok(number);
        };
        Err(vec![fault])
    }

    /// A parameter that is a time, in whole Unix seconds. A time without an offset counts as UTC,
    /// as it does in documents: else a document posted now would not be among those since now.
    ///
    /// # Errors
    /// It is not a time.
    pub fn seconds(&self, name: &str) -> Parsed<Option<i64>> {
        let Some(value) = self.text(name) else {
            return Ok(None);
        };
        let read = Moment::from_text(value.trim()).map_err(|reason| {
            let message = format!("Input should be a valid datetime or date, {reason}");
            let fault = FieldFault::new("datetime_from_date_parsing", loc(name), message, value.into());
            vec![fault.with(json!({"error": reason.to_string()}))]
        })?;
        Ok(Some(read.unix_s()))
    }
}

/// The UUID in the path, in its usual spelling.
///
/// # Errors
/// It is not a UUID.
pub fn path_uuid(name: &str, value: &str) -> Parsed<VconId> {
    uuid(vec!["path".into(), name.into()], value)
}

/// A UUID that is a JSON value.
///
/// # Errors
/// It is not a UUID.
pub fn uuid_of(at: Vec<Value>, value: &Value) -> Parsed<VconId> {
    match value {
        Value::String(text) => uuid(at, text),
        other => {
            let message = "UUID input should be a string, bytes or UUID object";
            let input = if other.is_array() || other.is_object() {
                Value::Null
            } else {
                other.clone()
            };
            Err(vec![FieldFault::new("uuid_type", at, message, input)])
        }
    }
}

fn uuid(at: Vec<Value>, value: &str) -> Parsed<VconId> {
    let fault = |reason: String| {
        let input: String = value.chars().take(100).collect();
        let message = format!("Input should be a valid UUID, {reason}");
        vec![FieldFault::new("uuid_parsing", at.clone(), message, input.into()).with(json!({"error": reason}))]
    };
    let uuid = lax::uuid(value).map_err(fault)?;
    VconId::new(uuid.hyphenated().to_string()).map_err(|error| fault(error.to_string()))
}

fn list_name(at: Vec<Value>, value: &str) -> Parsed<ListName> {
    ListName::new(value).map_err(|error| vec![FieldFault::value(at, error.rule, error.value.into())])
}

/// Parses a whole number. One that is too large for 64 bits counts as the largest. The smallest is
/// `-i64::MAX`, so that every result can be negated.
fn integer(text: &str) -> Option<i64> {
    let number = lax::whole_number(text)?;
    let bound = if number.starts_with('-') { -i64::MAX } else { i64::MAX };
    Some(number.parse().unwrap_or(bound).max(-i64::MAX))
}

/// Faults of one list that are reported. More help nobody.
const MAX_FAULTS: usize = 100;

/// All parsed items, or the faults of all items.
pub fn collect<T>(items: impl Iterator<Item = Parsed<T>>) -> Parsed<Vec<T>> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(item) => good.push(item),
            Err(found) if faults.len() < MAX_FAULTS => faults.extend(found),
            Err(_) => break,
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(faults) }
}

fn loc(name: &str) -> Vec<Value> {
    vec!["query".into(), name.into()]
}

fn loc_at(name: &str, at: usize) -> Vec<Value> {
    vec!["query".into(), name.into(), at.into()]
}
