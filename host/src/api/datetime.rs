//! Times in query parameters: ISO 8601 in the forms that pydantic takes, or Unix seconds or milliseconds.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// Numbers beyond this are milliseconds, as in pydantic: 20 000 000 000 seconds are in the year 2603.
const MILLISECONDS_FROM: f64 = 2e10;

/// A time as whole Unix seconds, the fraction cut off. A time without an offset counts as
/// UTC, as it does in documents: else a document posted now would not be among those since now.
///
/// # Errors
/// What is wrong with the text, for people.
pub fn seconds(text: &str) -> Result<i64, &'static str> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    if text.len() < 8 {
        return Err("input is too short");
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(date.and_time(NaiveTime::MIN).and_utc().timestamp());
    }
    if let Some(moment) = with_offset(text) {
        return Ok(moment.timestamp());
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let text = unified(text);
    let naive = naive
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    naive
        .map(|naive| naive.and_utc().timestamp())
        .ok_or("invalid datetime or date")
}

#[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
fn from_number(number: f64) -> Result<i64, &'static str> {
    let seconds = if number.abs() > MILLISECONDS_FROM {
        number / 1000.0
    } else {
        number
    };
    if !seconds.is_finite() || seconds.abs() > 253_402_300_799.0 {
        return Err("the number is outside of the years 1 to 9999");
    }
    Ok(seconds.trunc() as i64)
}

/// One way of writing it: `T` between date and time.
fn unified(text: &str) -> String {
    match text.split_at_checked(10) {
        Some((date, rest)) if rest.starts_with(['t', ' ', '_']) => {
            format!("{date}T{}", rest.get(1..).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

fn with_offset(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = unified(text);
    let text = match text.strip_suffix(['Z', 'z']) {
        Some(utc) => format!("{utc}+00:00"),
        None => text,
    };
    let formats = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z"];
    formats
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, format).ok())
}
