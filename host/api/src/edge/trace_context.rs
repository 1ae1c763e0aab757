//! The trace context of a caller, in the form that the store keeps with an id on a list:
//! `{"trace_id","span_id","trace_flags","is_sampled"}`, as the Conserver writes it.

use http::HeaderMap;

/// Reads the W3C header `traceparent`. Returns nothing when it is absent, of an unknown shape, or
/// all zero.
#[must_use]
pub fn of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = value.trim().split('-');
    let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Version 00 has four parts, later versions may have more, and ff is not a version.
    if !hex(version, 2) || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    if !id(trace_id, 32) || !id(span_id, 16) || !hex(flags, 2) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    let flags = u8::from(sampled);
    Some(format!(
        r#"{{"trace_id": "{trace_id}", "span_id": "{span_id}", "trace_flags": {flags}, "is_sampled": {sampled}}}"#
    ))
}

fn hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn id(text: &str, length: usize) -> bool {
    hex(text, length) && text.bytes().any(|byte| byte != b'0')
}
