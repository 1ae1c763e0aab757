//! Signed and encrypted documents: the parts that can be read without keys.
//!
//! Guarantee: nothing here verifies a signature. The id and date of a sealed form are labels for
//! routing, not proofs.
//!
//! Not the `vcon` crate (0.4): it reads a document into types and writes it anew, so signed bytes
//! would not survive.

use std::io::Read as _;

use super::body::decode_base64;
use super::view::View;
use super::{Document, Form};

/// The largest payload that is decompressed, in bytes: the largest document that any limit of
/// vConduit allows.
const MAX_PAYLOAD_BYTES: u64 = 128 << 20;

/// The largest number of nested signed forms. A signed form can be signed again for archiving.
const MAX_LAYERS: usize = 4;

/// Returns the form of a JSON object, by its members.
pub(super) fn form(view: View<'_>) -> Form {
    let has = |name| view.member(name).is_some();
    if has("payload") && has("signatures") {
        Form::Signed
    } else if has("ciphertext") && has("recipients") {
        Form::Encrypted
    } else {
        Form::Unsigned
    }
}

/// Returns the id of a sealed form: from a header that can be read, or else from the signed
/// payload. A UUID is returned in lower case.
pub(super) fn uuid(view: View<'_>) -> Option<String> {
    let text = from_headers(view).or_else(|| payload(view)?.uuid().map(String::from))?;
    Some(uuid::Uuid::try_parse(&text).map_or(text, |uuid| uuid.to_string()))
}

fn from_headers(view: View<'_>) -> Option<String> {
    let holders = match form(view) {
        Form::Signed => view.member("signatures")?.elements(),
        Form::Encrypted => {
            let recipients = view.member("recipients")?.elements();
            std::iter::once(view).chain(recipients).collect()
        }
        Form::Unsigned => return None,
    };
    holders.into_iter().find_map(from_header)
}

/// Reads the `uuid` of an unprotected or protected header.
fn from_header(holder: View<'_>) -> Option<String> {
    let text = |header: View<'_>| {
        header
            .member("uuid")?
            .string()
            .map(String::from)
            .filter(|text| !text.is_empty())
    };
    let unprotected = ["header", "unprotected"]
        .into_iter()
        .find_map(|name| text(holder.member(name)?));
    unprotected.or_else(|| {
        let protected = decode_base64(&holder.member("protected")?.string()?)?;
        let header = Document::parse(String::from_utf8(protected).ok()?).ok()?;
        text(header.view())
    })
}

/// Returns the unsigned document inside a signed form, if it can be read.
pub(super) fn payload(view: View<'_>) -> Option<Document> {
    let mut document = unwrap(view)?;
    for _ in 1..MAX_LAYERS {
        if form(document.view()) == Form::Unsigned {
            break;
        }
        document = unwrap(document.view())?;
    }
    (form(document.view()) == Form::Unsigned).then_some(document)
}

fn unwrap(view: View<'_>) -> Option<Document> {
    if form(view) != Form::Signed {
        return None;
    }
    let packed = decode_base64(&view.member("payload")?.string()?)?;
    let bytes = if packed.starts_with(&[0x1F, 0x8B]) {
        gunzip(&packed)?
    } else {
        packed
    };
    Document::parse(String::from_utf8(bytes).ok()?).ok()
}

fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(packed).take(MAX_PAYLOAD_BYTES + 1);
    reader.read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_PAYLOAD_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;
    use crate::{Edit, EditError, Pointer};

    const ID: &str = "0190a0e0-0000-8000-8000-000000000001";

    fn signed(header: &str, payload: &[u8]) -> String {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
        format!(r#"{{"payload":"{payload}","signatures":[{{"header":{header},"protected":"","signature":"x"}}]}}"#)
    }

    #[test]
    fn the_id_is_read_from_the_header() {
        let text = signed(&format!(r#"{{"uuid":"{}"}}"#, ID.to_uppercase()), b"");
        let document = Document::parse(text).unwrap();
        assert_eq!(document.form(), Form::Signed, "form");
        assert_eq!(document.uuid().unwrap().as_str(), ID, "id");
    }

    #[test]
    fn id_and_date_are_read_from_a_plain_or_compressed_payload() {
        let inner = format!(r#"{{"uuid":"{ID}","created_at":"2026-01-02T03:04:05Z","parties":[]}}"#);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(inner.as_bytes()).unwrap();
        let again = signed("{}", inner.as_bytes());
        for payload in [inner.as_bytes(), &gzip.finish().unwrap(), again.as_bytes()] {
            let document = Document::parse(signed("{}", payload)).unwrap();
            assert_eq!(document.uuid().unwrap().as_str(), ID, "id");
            assert_eq!(document.created_at_s(), Some(1_767_323_045), "date");
            assert_eq!(document.created_on().as_deref(), Some("2026/01/02"), "day");
        }
    }

    #[test]
    fn the_id_of_an_encrypted_form_is_read_from_its_header() {
        let text = format!(r#"{{"unprotected":{{"uuid":"{ID}"}},"recipients":[],"ciphertext":"x"}}"#);
        let document = Document::parse(text).unwrap();
        assert_eq!(
            (document.form(), document.uuid().unwrap().as_str()),
            (Form::Encrypted, ID),
            "form and id"
        );
        assert_eq!(document.created_at_s(), None, "no date to be seen");
    }

    #[test]
    fn a_signed_document_can_be_neither_read_nor_edited() {
        let text = signed(&format!(r#"{{"uuid":"{ID}"}}"#), b"{}");
        let mut document = Document::parse(text.as_str()).unwrap();
        let pointer = Pointer::parse("/payload").unwrap();
        assert_eq!(document.get(&pointer), None, "get");
        assert_eq!(document.string(&pointer), Ok(None), "string");
        assert_eq!(document.length(&Pointer::parse("/signatures").unwrap()), None, "length");
        assert_eq!(document.tags(), Err(EditError::Opaque), "tags");
        for edit in [
            Edit::Touch,
            Edit::Remove { pointer },
            Edit::AddTag {
                name: "a".into(),
                value: "b".into(),
            },
            Edit::Patch {
                operations: "[]".into(),
            },
        ] {
            assert_eq!(document.apply(&edit), Err(EditError::Opaque), "{edit:?}");
        }
        assert_eq!(&*document.text(), text, "text");
    }

    #[test]
    fn a_payload_that_cannot_be_read_has_no_id() {
        for payload in [&b"not json"[..], b"[1]", b"\x1f\x8bbroken"] {
            assert_eq!(
                Document::parse(signed("{}", payload)).unwrap().uuid(),
                None,
                "{payload:?}"
            );
        }
    }
}
