//! `created_at` in all the spellings that the Conserver takes (`spec/conserver.md` §5.1).
//!
//! Guarantee: reads exactly ISO 8601 dates and times and Unix seconds or milliseconds; writes the one form that is stored.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use super::view::{Kind, View};

/// Unix numbers beyond this are milliseconds: as seconds it would be the year 2603.
const MILLISECONDS_FROM: u64 = 20_000_000_000;
const MILLISECONDS_FROM_FLOAT: f64 = 2e10;
/// The years 1 to 9999 in Unix seconds.
const UNIX_RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const TOO_SHORT: &str = "input is too short";
/// The length of `YYYY-MM-DD`.
const DATE_BYTES: usize = 10;
/// Known to clients as a fault of its own kind.
pub(super) const YEAR_ZERO: &str = "year 0 is out of range";

/// A date and time as written, with its offset if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    local: NaiveDateTime,
    offset_s: Option<i32>,
}

impl Moment {
    /// Reads a JSON value.
    pub(super) fn of(value: View<'_>) -> Option<Self> {
        match value.kind() {
            Kind::String => Self::from_text(&value.string()?).ok(),
            Kind::Number => Self::from_number(&value.text()).ok(),
            _ => None,
        }
    }

    /// Reads the text of a date.
    pub(super) fn from_text(text: &str) -> Result<Self, &'static str> {
        match iso(text) {
            Err(_) if is_unix_text(text) => Self::from_number(text),
            read => read,
        }
    }

    /// Reads Unix seconds or milliseconds.
    pub(super) fn from_number(text: &str) -> Result<Self, &'static str> {
        let (seconds, micros) = match text.parse::<i64>() {
            Ok(number) => from_integer(number),
            Err(_) => from_float(text.parse().map_err(|_| "not a number")?),
        };
        if seconds < *UNIX_RANGE.start() {
            return Err("dates before 0000 are not supported as unix timestamps");
        }
        if seconds > *UNIX_RANGE.end() {
            return Err("dates after 9999 are not supported as unix timestamps");
        }
        let utc = DateTime::from_timestamp(seconds, micros * 1000).ok_or("out of range")?;
        Ok(Self {
            local: utc.naive_utc(),
            offset_s: Some(0),
        })
    }

    /// The stored form: `2024-03-16T16:09:20.701906+00:00`, without offset if there was none.
    pub(super) fn iso(self) -> String {
        // Writing to a String does not fail.
        let micros = self.local.and_utc().timestamp_subsec_micros();
        let mut text = self.local.format("%Y-%m-%dT%H:%M:%S").to_string();
        if micros != 0 {
            let _ = write!(text, ".{micros:06}");
        }
        if let Some(offset) = self.offset_s {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.abs() / 60;
            let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
        text
    }

    /// Whole Unix seconds; no offset counts as UTC.
    pub(super) fn unix_s(self) -> i64 {
        self.local.and_utc().timestamp() - i64::from(self.offset_s.unwrap_or(0))
    }

    /// `YYYY/MM/DD` as written.
    pub(super) fn day(self) -> String {
        self.local.format("%Y/%m/%d").to_string()
    }
}

/// Seconds and microseconds.
fn from_integer(number: i64) -> (i64, u32) {
    if number.unsigned_abs() <= MILLISECONDS_FROM {
        return (number, 0);
    }
    let micros = u32::try_from(number.rem_euclid(1000)).unwrap_or(0) * 1000;
    (number.div_euclid(1000), micros)
}

/// Seconds and microseconds. Casts of what is far out of range end at the ends of the integer, which is out of range as well.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn from_float(number: f64) -> (i64, u32) {
    let seconds = if number.abs() > MILLISECONDS_FROM_FLOAT {
        number / 1000.0
    } else {
        number
    };
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round() as u32;
    if micros >= 1_000_000 {
        (whole as i64 + 1, 0)
    } else {
        (whole as i64, micros)
    }
}

fn is_unix_text(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut marks = 0;
    let plain = digits.bytes().all(|byte| {
        marks += usize::from(byte == b'.');
        byte.is_ascii_digit() || byte == b'.'
    });
    plain && marks <= 1 && digits.len() > marks
}

/// Takes digits and marks off the front of a text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self, digits: usize, why: &'static str) -> Result<u32, &'static str> {
        let (part, rest) = self.0.split_at_checked(digits).ok_or(TOO_SHORT)?;
        let mut value = 0;
        for &byte in part {
            value = value * 10 + char::from(byte).to_digit(10).ok_or(why)?;
        }
        self.0 = rest;
        Ok(value)
    }

    fn mark(&mut self, marks: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if marks.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn required(&mut self, marks: &[u8], why: &'static str) -> Result<(), &'static str> {
        if self.0.is_empty() {
            return Err(TOO_SHORT);
        }
        if self.mark(marks) { Ok(()) } else { Err(why) }
    }
}

fn iso(text: &str) -> Result<Moment, &'static str> {
    if text.len() < DATE_BYTES {
        return Err(TOO_SHORT);
    }
    let mut reader = Reader(text.as_bytes());
    let date = date(&mut reader)?;
    if reader.0.is_empty() {
        return Ok(Moment {
            local: date.and_time(NaiveTime::MIN),
            offset_s: None,
        });
    }
    // A time at fault makes the whole text "a date with something behind it", as clients know it.
    let (time, offset_s) = time(&mut reader).map_err(|_| "unexpected extra characters at the end of the input")?;
    Ok(Moment {
        local: date.and_time(time),
        offset_s,
    })
}

fn date(reader: &mut Reader<'_>) -> Result<NaiveDate, &'static str> {
    let year = reader.number(4, "invalid character in year")?;
    reader.required(b"-", "invalid date separator, expected `-`")?;
    let month = reader.number(2, "invalid character in month")?;
    reader.required(b"-", "invalid date separator, expected `-`")?;
    let day = reader.number(2, "invalid character in day")?;
    if !(1..=12).contains(&month) {
        return Err("month value is outside expected range of 1-12");
    }
    if year == 0 {
        return Err(YEAR_ZERO);
    }
    let year = i32::try_from(year).unwrap_or(0);
    NaiveDate::from_ymd_opt(year, month, day).ok_or("day value is outside expected range")
}

fn time(reader: &mut Reader<'_>) -> Result<(NaiveTime, Option<i32>), &'static str> {
    reader.required(b"Tt _", "invalid datetime separator, expected `T`, `t`, `_` or space")?;
    let hour = reader.number(2, "invalid character in hour")?;
    reader.required(b":", "invalid time separator, expected `:`")?;
    let minute = reader.number(2, "invalid character in minute")?;
    let (mut second, mut micros) = (0, 0);
    if reader.mark(b":") {
        second = reader.number(2, "invalid character in second")?;
        if reader.mark(b".,") {
            micros = fraction(reader)?;
        }
    }
    let offset_s = offset(reader)?;
    if !reader.0.is_empty() {
        return Err("unexpected extra characters at the end of the input");
    }
    let time =
        NaiveTime::from_hms_micro_opt(hour, minute, second, micros).ok_or("time value is outside expected range")?;
    Ok((time, offset_s))
}

/// Microseconds; what is finer is cut off.
fn fraction(reader: &mut Reader<'_>) -> Result<u32, &'static str> {
    let digits = reader.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return Err("second fraction is missing digits");
    }
    let kept = digits.min(6);
    let value = reader.number(kept, "invalid character in second fraction")?;
    reader.0 = reader.0.get(digits - kept..).unwrap_or_default();
    Ok((kept..6).fold(value, |value, _| value * 10))
}

fn offset(reader: &mut Reader<'_>) -> Result<Option<i32>, &'static str> {
    if reader.0.is_empty() {
        return Ok(None);
    }
    if reader.mark(b"Zz") {
        return Ok(Some(0));
    }
    let unicode_minus = "\u{2212}".as_bytes();
    let negative = reader.0.first() == Some(&b'-') || reader.0.starts_with(unicode_minus);
    if let Some(rest) = reader.0.strip_prefix(unicode_minus) {
        reader.0 = rest;
    } else {
        reader.required(b"+-", "invalid timezone sign")?;
    }
    let hours = reader.number(2, "invalid timezone hour")?;
    reader.mark(b":");
    let minutes = reader.number(2, "invalid timezone minute")?;
    if minutes > 59 || hours > 23 {
        return Err("timezone offset must be less than 24 hours");
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0);
    Ok(Some(if negative { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Option<String> {
        Moment::from_text(text).ok().map(Moment::iso)
    }

    #[test]
    fn accepted_spellings_are_stored_in_one_form() {
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
            assert_eq!(Moment::from_text(written), Err(why), "{written:?}");
        }
        assert!(
            stored("Sat, 16 Mar 2024 16:09:20 +0000").is_none(),
            "RFC 2822 is not taken"
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
}
