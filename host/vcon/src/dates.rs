//! Dates and times in all the spellings that the vCon Conserver accepts: ISO 8601, Unix seconds and
//! Unix milliseconds.
//!
//! Guarantee: texts and numbers are read by `speedate`, the parser of pydantic. They are accepted
//! and refused as in the Conserver, with the same messages. All accepted spellings have one stored
//! form.

use speedate::{
    Date, DateTime, DateTimeConfig, MicrosecondsPrecisionOverflowBehavior, ParseError, Time, TimeConfig, TimestampUnit,
};
use strum::EnumMessage as _;

use super::view::{Kind, View};

/// Unix times are in UTC. Numbers beyond 20,000,000,000 are milliseconds. Digits after the
/// microsecond are dropped.
const CONFIG: DateTimeConfig = DateTimeConfig {
    timestamp_unit: TimestampUnit::Infer,
    time_config: TimeConfig {
        microseconds_precision_overflow_behavior: MicrosecondsPrecisionOverflowBehavior::Truncate,
        unix_timestamp_offset: Some(0),
    },
};

const MIDNIGHT: Time = Time {
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
    tz_offset: None,
};

/// The reason why a text or number is not a date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The text has the form of a date in the year 0. Clients know this as a separate kind of
    /// fault.
    #[error("year 0 is out of range")]
    YearZero,
    /// The text or number can't be read. Holds the reason that the parser gives.
    #[error("{0}")]
    Unreadable(&'static str),
}

impl From<ParseError> for DateError {
    fn from(error: ParseError) -> Self {
        Self::Unreadable(error.get_documentation().unwrap_or("invalid datetime or date"))
    }
}

/// A date and time as written, with its offset if it has one.
///
/// # Examples
/// ```
/// use vcon_document::Moment;
///
/// assert_eq!(Moment::from_text("1970-01-01T01:00:00+01:00")?.unix_s(), 0);
/// assert_eq!(Moment::from_number("1767323045250")?.unix_s(), 1_767_323_045);
/// # Ok::<(), vcon_document::DateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(DateTime);

impl Moment {
    /// Reads a JSON value.
    pub(super) fn of(value: View<'_>) -> Option<Self> {
        match value.kind() {
            Kind::String => Self::from_text(&value.string()?).ok(),
            Kind::Number => Self::from_number(&value.text()).ok(),
            _ => None,
        }
    }

    /// Reads a text: a date, a date and time, or a Unix time in seconds or milliseconds.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn from_text(text: &str) -> Result<Self, DateError> {
        // As in pydantic: a text that is not a date and time is read again as a date, and the error
        // of that is reported.
        match DateTime::parse_str_with_config(text, &CONFIG) {
            Ok(read) => Self::existing(read),
            Err(_) => Self::existing(DateTime {
                date: Date::parse_str(text)?,
                time: MIDNIGHT,
            }),
        }
    }

    /// Reads the text of a JSON number: a Unix time in seconds or milliseconds.
    ///
    /// # Errors
    /// If the text is no number, or the time is not in the years 1 to 9999.
    pub fn from_number(text: &str) -> Result<Self, DateError> {
        let read = match text.parse() {
            Ok(whole) => DateTime::from_timestamp_with_config(whole, 0, &CONFIG)?,
            Err(_) => {
                let number = text.parse().map_err(|_| DateError::Unreadable("not a number"))?;
                DateTime::from_float_with_config(number, &CONFIG)?
            }
        };
        Self::existing(read)
    }

    /// Refuses the year 0, which the parser accepts and Python's dates do not have.
    fn existing(read: DateTime) -> Result<Self, DateError> {
        if read.date.year == 0 {
            return Err(DateError::YearZero);
        }
        Ok(Self(read))
    }

    /// Returns the stored form: `2024-03-16T16:09:20.701906+00:00`, without offset if there was
    /// none.
    pub(super) fn iso(self) -> String {
        let text = self.0.to_string();
        match text.strip_suffix('Z') {
            Some(local) => format!("{local}+00:00"),
            None => text,
        }
    }

    /// Returns whole Unix seconds, rounded down. A time without offset counts as UTC.
    #[must_use]
    pub fn unix_s(self) -> i64 {
        self.0.timestamp_tz()
    }

    /// Returns the day as written, as `YYYY/MM/DD`.
    pub(super) fn day(self) -> String {
        let Date { year, month, day } = self.0.date;
        format!("{year:04}/{month:02}/{day:02}")
    }
}

#[cfg(test)]
mod tests;
