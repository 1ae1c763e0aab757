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
mod tests {
    use super::*;

    fn stored(text: &str) -> Option<String> {
        Moment::from_text(text).ok().map(Moment::iso)
    }

    #[test]
    fn accepted_spellings_have_one_stored_form() {
        for (written, expected) in [
            ("2024-03-16T16:09:20.701906", "2024-03-16T16:09:20.701906"),
            ("2024-03-16T16:09:20Z", "2024-03-16T16:09:20+00:00"),
            ("2024-03-16t16:09:20z", "2024-03-16T16:09:20+00:00"),
            ("2024-03-16 16:09", "2024-03-16T16:09:00"),
            ("2024-03-16T16:09:20.5+05:30", "2024-03-16T16:09:20.500000+05:30"),
            ("2024-03-16T16:09:20-0800", "2024-03-16T16:09:20-08:00"),
            ("2024-03-16T16:09:20\u{2212}08:00", "2024-03-16T16:09:20-08:00"),
            ("2024-03-16T16:09:20,1234567891", "2024-03-16T16:09:20.123456"),
            ("2022-06-21T17:53:26.000+00:00", "2022-06-21T17:53:26+00:00"),
            ("2024-03-16", "2024-03-16T00:00:00"),
            ("1710605360", "2024-03-16T16:09:20+00:00"),
            ("1710605360.", "2024-03-16T16:09:20+00:00"),
            (".5", "1970-01-01T00:00:00.500000+00:00"),
            ("-11676096001", "1599-12-31T23:59:59+00:00"),
            ("12345678901.123455", "2361-03-21T19:15:01.123455+00:00"),
            ("253402300799999", "9999-12-31T23:59:59.999000+00:00"),
            ("1710605360.5", "2024-03-16T16:09:20.500000+00:00"),
            ("1710605360701", "2024-03-16T16:09:20.701000+00:00"),
            ("2024-03-16T16:09:20-00:00", "2024-03-16T16:09:20+00:00"),
            ("2024-03-16T16:09:20-00:30", "2024-03-16T16:09:20-00:30"),
            ("0001-01-01T00:00:00.000001", "0001-01-01T00:00:00.000001"),
        ] {
            assert_eq!(stored(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for (written, why) in [
            ("", "input is too short"),
            ("yesterday", "input is too short"),
            ("not a date at all", "invalid character in year"),
            (
                "999999999999999",
                "dates after 9999 are not supported as unix timestamps",
            ),
            ("2024/03/16", "invalid date separator, expected `-`"),
            ("2024-13-01", "month value is outside expected range of 1-12"),
            ("2024-02-30", "day value is outside expected range"),
            (
                "2024-03-16T25:00:00",
                "unexpected extra characters at the end of the input",
            ),
            (
                "2024-03-16T16:09:20+00:00+00",
                "unexpected extra characters at the end of the input",
            ),
            (
                "2024-03-16T16:09:20+24:00",
                "unexpected extra characters at the end of the input",
            ),
            ("2024-03-16T16", "unexpected extra characters at the end of the input"),
            (" 2024-03-16", "invalid character in year"),
            ("2024-03", "input is too short"),
            ("0000-01-01", "year 0 is out of range"),
        ] {
            let refused = Moment::from_text(written).map_err(|error| error.to_string());
            assert_eq!(refused, Err(why.to_owned()), "{written:?}");
        }
        assert!(
            stored("Sat, 16 Mar 2024 16:09:20 +0000").is_none(),
            "RFC 2822 is not accepted"
        );
        assert!(stored("99999999999999999999").is_none(), "far future");
    }

    #[test]
    fn seconds_and_day_follow_the_offset() {
        let moment = Moment::from_text("2024-03-16T23:30:00-08:00").unwrap();
        assert_eq!(moment.unix_s(), 1_710_660_600, "instant");
        assert_eq!(moment.day(), "2024/03/16", "day in its own offset");
        let before_1970 = Moment::from_text("1969-12-31T23:59:59.5Z").unwrap();
        assert_eq!(before_1970.unix_s(), -1, "whole seconds, rounded down");
    }

    #[test]
    fn json_numbers_are_unix_times_of_the_years_1_to_9999() {
        let stored = |text: &str| {
            Moment::from_number(text)
                .map(Moment::iso)
                .map_err(|error| error.to_string())
        };
        for (written, expected) in [
            ("0", "1970-01-01T00:00:00+00:00"),
            ("-1.5", "1969-12-31T23:59:58.500000+00:00"),
            ("1.7106e9", "2024-03-16T14:40:00+00:00"),
            ("20000000000", "2603-10-11T11:33:20+00:00"),
            ("20000000000.5", "1970-08-20T11:33:20.000500+00:00"),
        ] {
            assert_eq!(stored(written).as_deref(), Ok(expected), "{written}");
        }
        let too_late = "dates after 9999 are not supported as unix timestamps";
        let too_early = "dates before 0000 are not supported as unix timestamps";
        for (written, why) in [
            ("253402300800000", too_late),
            ("99999999999999999999", too_late),
            ("1e999", too_late),
            ("-1e999", too_early),
            ("-9223372036854775808", too_early),
            ("-62150000000000", "year 0 is out of range"),
        ] {
            assert_eq!(stored(written), Err(why.to_owned()), "{written}");
        }
    }
}
