//! Entries that links add to a vCon. Their members are in the Conserver's order.

use serde_json::{Map, Value};

use crate::bindings::wit::document::{Analysis, Attachment, Encoding};
use crate::bindings::wit::types::Error;

/// Returns the JSON text of an analysis entry: `type`, `dialog`, `vendor`, `body`, `encoding`, then
/// the extra members.
pub(super) fn analysis(entry: Analysis) -> Result<String, Error> {
    check_body(&entry.body, entry.encoding)?;
    let mut members = Map::new();
    members.insert("type".to_owned(), Value::String(entry.kind));
    match entry.dialogs.as_slice() {
        [] => {}
        [one] => drop(members.insert("dialog".to_owned(), (*one).into())),
        more => drop(members.insert("dialog".to_owned(), more.into())),
    }
    members.insert("vendor".to_owned(), Value::String(entry.vendor));
    members.insert("body".to_owned(), Value::String(entry.body));
    members.insert("encoding".to_owned(), name(entry.encoding).into());
    text(members, entry.extra.as_deref())
}

/// Returns the JSON text of an attachment: `purpose`, `body`, `encoding`, then the extra members.
pub(super) fn attachment(entry: Attachment) -> Result<String, Error> {
    check_body(&entry.body, entry.encoding)?;
    let mut members = Map::new();
    members.insert("purpose".to_owned(), Value::String(entry.purpose));
    members.insert("body".to_owned(), Value::String(entry.body));
    members.insert("encoding".to_owned(), name(entry.encoding).into());
    text(members, entry.extra.as_deref())
}

/// Returns the length of a text in bytes.
pub(super) fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn text(mut members: Map<String, Value>, extra: Option<&str>) -> Result<String, Error> {
    if let Some(extra) = extra {
        let extra: Map<String, Value> = serde_json::from_str(extra)
            .map_err(|error| Error::BadJson(format!("extra is not a JSON object: {error}")))?;
        members.extend(extra);
    }
    serde_json::to_string(&members).map_err(|error| Error::BadJson(error.to_string()))
}

fn check_body(body: &str, encoding: Encoding) -> Result<(), Error> {
    match encoding {
        Encoding::None => Ok(()),
        Encoding::Json => serde_json::from_str::<serde::de::IgnoredAny>(body)
            .map(drop)
            .map_err(|error| Error::BadJson(format!("the body has encoding json but is not JSON: {error}"))),
        Encoding::Base64url
            if body
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=')) =>
        {
            Ok(())
        }
        Encoding::Base64url => Err(Error::BadJson(
            "the body has encoding base64url but contains other characters".to_owned(),
        )),
    }
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::None => "none",
        Encoding::Json => "json",
        Encoding::Base64url => "base64url",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: &str, encoding: Encoding, extra: Option<&str>) -> Analysis {
        Analysis {
            kind: "summary".to_owned(),
            dialogs: vec![0],
            vendor: "acme".to_owned(),
            body: body.to_owned(),
            encoding,
            extra: extra.map(str::to_owned),
        }
    }

    #[test]
    fn members_are_in_the_conservers_order_and_extra_members_override_them() {
        let text = analysis(entry("hi", Encoding::None, Some(r#"{"vendor":"other","schema":"s"}"#))).unwrap();
        assert_eq!(
            text,
            r#"{"type":"summary","dialog":0,"vendor":"other","body":"hi","encoding":"none","schema":"s"}"#
        );
    }

    #[test]
    fn a_body_that_does_not_fit_its_encoding_is_refused() {
        assert!(matches!(
            analysis(entry("{", Encoding::Json, None)),
            Err(Error::BadJson(_))
        ));
        assert!(matches!(
            analysis(entry("a b", Encoding::Base64url, None)),
            Err(Error::BadJson(_))
        ));
        assert!(analysis(entry("{}", Encoding::Json, None)).is_ok());
    }

    #[test]
    fn one_dialog_is_a_number_and_several_are_an_array() {
        let with = |dialogs: &[u32]| {
            let entry = Analysis {
                dialogs: dialogs.to_vec(),
                ..entry("", Encoding::None, None)
            };
            let text = analysis(entry).unwrap();
            serde_json::from_str::<Value>(&text).unwrap().get("dialog").cloned()
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[2]), Some(2.into()));
        assert_eq!(with(&[0, 1]), Some(vec![0, 1].into()));
    }
}
