//! Decoding of inline bodies of dialogs.
//!
//! Guarantee: a part of a large base64url body is decoded without decoding the rest.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::view::{Kind, View};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// The form of a body's text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// The text itself.
    Text,
    /// Bytes in base64url or base64.
    Base64,
}

/// Decodes base64url or base64, with or without padding and white space.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let clean: Cow<'_, str> = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        Cow::Owned(text.split_ascii_whitespace().collect())
    } else {
        Cow::Borrowed(text)
    };
    let engine = if clean.contains(['+', '/']) { STANDARD } else { URL_SAFE };
    engine.decode(&*clean).ok()
}

/// Returns the inline text of a dialog.
pub(super) fn text(dialog: View<'_>) -> Option<String> {
    let body = dialog.member("body")?;
    match body.kind() {
        Kind::Object | Kind::Array => return Some(body.text().into_owned()),
        Kind::String => {}
        _ => return None,
    }
    let text = body.string()?;
    if encoding(dialog) == Encoding::Text {
        return Some(text.into_owned());
    }
    if is_media(dialog) {
        return None;
    }
    let bytes = decode_base64(&text)?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Returns at most `length` bytes of the decoded body from `offset`.
pub(super) fn bytes(dialog: View<'_>, offset: u64, length: u32) -> Option<Vec<u8>> {
    let body = dialog.member("body")?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let length = length as usize;
    match body.kind() {
        Kind::Object | Kind::Array => return Some(part(body.text().as_bytes(), offset, length)),
        Kind::String => {}
        _ => return None,
    }
    if encoding(dialog) == Encoding::Text {
        return Some(part(body.string()?.as_bytes(), offset, length));
    }
    let written = body.text();
    if let Some(bytes) = base64_part(written.trim_matches('"'), offset, length) {
        return Some(bytes);
    }
    decode_base64(&body.string()?).map(|bytes| part(&bytes, offset, length))
}

fn part(bytes: &[u8], offset: usize, length: usize) -> Vec<u8> {
    let end = offset.saturating_add(length).min(bytes.len());
    bytes.get(offset..end).unwrap_or_default().to_vec()
}

/// Decodes only the groups of four characters that the part needs, from the text as it is written
/// in the document. None if there are white space or escapes before or in the part.
fn base64_part(text: &str, offset: usize, length: usize) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let first = (offset / 3).saturating_mul(4);
    let last = offset.saturating_add(length).div_ceil(3).saturating_mul(4);
    let (before, groups) = text.split_at_checked(first.min(text.len()))?;
    let groups = groups.get(..(last - first).min(groups.len()))?;
    // White space, padding and escapes before the part would shift every group.
    if before
        .bytes()
        .fold(false, |any, byte| any | matches!(byte, 0..=b' ' | b'=' | b'\\'))
    {
        return None;
    }
    let bytes = URL_SAFE.decode(groups).ok()?;
    Some(part(&bytes, offset % 3, length))
}

fn encoding(dialog: View<'_>) -> Encoding {
    let name = dialog.member("encoding").and_then(View::string);
    match name.as_deref() {
        Some("base64url" | "base64") => Encoding::Base64,
        None if is_media(dialog) => Encoding::Base64,
        _ => Encoding::Text,
    }
}

fn is_media(dialog: View<'_>) -> bool {
    let name = dialog
        .member("mediatype")
        .or_else(|| dialog.member("mimetype"))
        .and_then(View::string);
    name.is_some_and(|name| ["audio/", "video/", "image/"].iter().any(|kind| name.starts_with(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(encoding: &str, body: &str) -> String {
        format!(r#"{{"encoding":"{encoding}","body":"{body}"}}"#)
    }

    #[test]
    fn every_part_of_a_base64_body_is_the_same_part_of_its_bytes() {
        let whole: Vec<u8> = (0..=255).collect();
        let encoded = URL_SAFE.encode(&whole);
        for body in [
            encoded.clone(),
            encoded.trim_end_matches('=').to_owned(),
            encoded.replace('A', "\\nA"),
            STANDARD.encode(&whole),
        ] {
            let text = dialog("base64url", &body);
            for offset in [0_usize, 1, 2, 3, 4, 100, 254, 255, 256, 1000] {
                for length in [0_usize, 1, 2, 3, 4, 5, 1000] {
                    let expected = part(&whole, offset, length);
                    let found = bytes(View::Raw(&text), offset as u64, u32::try_from(length).unwrap());
                    assert_eq!(found, Some(expected), "offset {offset} length {length} of {body}");
                }
            }
        }
    }

    #[test]
    fn text_is_decoded_by_its_encoding() {
        assert_eq!(
            text(View::Raw(&dialog("none", "a\\nb"))).as_deref(),
            Some("a\nb"),
            "plain text"
        );
        assert_eq!(
            text(View::Raw(&dialog("base64url", "aGk"))).as_deref(),
            Some("hi"),
            "encoded text"
        );
        assert_eq!(
            text(View::Raw(&dialog("json", "[1]"))).as_deref(),
            Some("[1]"),
            "JSON text"
        );
        assert_eq!(
            text(View::Raw(&dialog("base64url", "_w"))),
            None,
            "bytes that are not text"
        );
        assert_eq!(text(View::Raw("{}")), None, "no body");
        assert_eq!(
            text(View::Raw(r#"{"body":{"a": 1}}"#)).as_deref(),
            Some(r#"{"a": 1}"#),
            "a JSON value"
        );
        let audio = r#"{"body":"aGk","encoding":"base64url","mediatype":"audio/wav"}"#;
        assert_eq!(
            text(View::Raw(audio)),
            None,
            "audio is not text even if it could be read so"
        );
    }

    #[test]
    fn offsets_beyond_the_end_give_no_bytes() {
        let body = dialog("base64url", "aGk");
        assert_eq!(
            bytes(View::Raw(&body), u64::MAX, u32::MAX),
            Some(Vec::new()),
            "beyond the end"
        );
    }
}
