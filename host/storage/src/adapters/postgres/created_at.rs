//! The creation time of a document, for the column `created_at`.
//!
//! Guarantee: the moment is in UTC and has the precision of the text, up to microseconds. A text
//! without an offset counts as UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use vcon_document::{Document, Pointer};

/// Returns `created_at` in UTC. None if it is absent or can't be read.
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

/// Reads the ISO 8601 forms that are found in vCons.
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
