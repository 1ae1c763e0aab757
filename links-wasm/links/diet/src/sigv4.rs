//! Presigned URLs for S3 (AWS Signature Version 4, in the query), for uploads and for links to
//! objects.
//!
//! Not the `rusty-s3` crate: it adds `url`, `quick-xml` and `jiff` to the component. The code
//! belongs into the SDK as soon as a second link signs requests.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// An access key.
pub struct Credentials {
    pub id: String,
    pub key: String,
}

/// An object in a bucket.
pub struct Object<'a> {
    pub bucket: &'a str,
    pub region: &'a str,
    pub key: &'a str,
}

impl Object<'_> {
    /// Returns the host and the path of the object. A bucket with a dot in its name has no
    /// certificate for a host of its own.
    fn host_and_path(&self) -> (String, String) {
        let service = match self.region {
            "us-east-1" => "s3.amazonaws.com".to_owned(),
            region => format!("s3.{region}.amazonaws.com"),
        };
        let key = encoded(self.key, "/");
        match self.bucket.contains('.') {
            true => (service, format!("/{}/{key}", self.bucket)),
            false => (format!("{}.{service}", self.bucket), format!("/{key}")),
        }
    }
}

/// Returns the URL with which `method` may be used on the object, from `seconds` (since 1970) on
/// for `valid_seconds`.
pub fn presigned(method: &str, object: &Object, credentials: &Credentials, seconds: u64, valid_seconds: u64) -> String {
    let (host, path) = object.host_and_path();
    let time = timestamp(seconds);
    let day = time.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{}/s3/aws4_request", object.region);
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={time}&X-Amz-Expires={valid_seconds}\
         &X-Amz-SignedHeaders=host",
        encoded(&format!("{}/{scope}", credentials.id), ""),
    );
    let request = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let key = [day, object.region, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", credentials.key).into_bytes(), |key, part| {
            hmac(&key, part)
        });
    format!(
        "https://{host}{path}?{query}&X-Amz-Signature={}",
        hex(&hmac(&key, &to_sign))
    )
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn encoded(text: &str, kept: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let c = char::from(byte);
        let plain = c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c);
        match plain {
            true => out.push(c),
            false => drop(write!(out, "%{byte:02X}")),
        }
        out
    })
}

/// Returns the time as `20130524T000000Z`.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Returns the date that is this number of days after 1970-01-01, as year, month and day. Counts in
/// cycles of 400 years that begin with a March.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (cycle * 400 + year_of_cycle + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_aws_documentation() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        };
        let object = Object {
            bucket: "examplebucket",
            region: "us-east-1",
            key: "test.txt",
        };
        let url = presigned("GET", &object, &credentials, 1_369_353_600, 86_400);
        assert!(url.starts_with("https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"));
        assert!(
            url.ends_with("=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
            "{url}"
        );
    }

    #[test]
    fn dates_are_right_at_the_ends_of_years_and_in_leap_years() {
        assert_eq!(timestamp(0), "19700101T000000Z");
        assert_eq!(timestamp(951_782_400), "20000229T000000Z");
        assert_eq!(timestamp(1_735_689_599), "20241231T235959Z");
    }

    #[test]
    fn region_and_dots_decide_the_host() {
        let place = |bucket, region| {
            Object {
                bucket,
                region,
                key: "a b",
            }
            .host_and_path()
        };
        assert_eq!(
            place("x", "eu-central-1"),
            ("x.s3.eu-central-1.amazonaws.com".into(), "/a%20b".into())
        );
        assert_eq!(
            place("x.y", "us-east-1"),
            ("s3.amazonaws.com".into(), "/x.y/a%20b".into())
        );
    }
}
