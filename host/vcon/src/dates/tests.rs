//! Tests of the spellings of dates, and of the one in which they are stored.

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
