//! Days and moments of a document, as layouts need them.
//!
//! Guarantee: [`is_day`] accepts nothing that could lead out of a folder.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use vcon_document::{Document, Pointer};

/// Whether a text is `YYYY/MM/DD`, by form.
pub fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(position, byte)| {
            if matches!(position, 4 | 7) {
                byte == b'/'
            } else {
                byte.is_ascii_digit()
            }
        })
}

/// `created_at` in UTC, to the microsecond where the text has that much. No offset counts as UTC.
pub fn created_at_utc(document: &Document) -> Option<NaiveDateTime> {
    precise(document).or_else(|| {
        let seconds = document.created_at_s()?;
        DateTime::<Utc>::from_timestamp(seconds, 0).map(|moment| moment.naive_utc())
    })
}

fn precise(document: &Document) -> Option<NaiveDateTime> {
    let pointer = Pointer::parse("/created_at").ok()?;
    let text = document.string(&pointer).ok()??;
    parse(text.trim())
}

/// The ISO 8601 forms that are found in vCons.
fn parse(text: &str) -> Option<NaiveDateTime> {
    const WITH_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"];
    const WITHOUT: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.naive_utc());
    }
    if let Some(moment) = WITH_OFFSET
        .iter()
        .find_map(|form| DateTime::parse_from_str(text, form).ok())
    {
        return Some(moment.naive_utc());
    }
    if let Some(moment) = WITHOUT
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        return Some(moment);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)
}
