//! `{{secret:NAME}}` in header values, filled in when the request leaves.
//!
//! Guarantee: only secrets that the link was granted are filled in, and the value that leaves is marked so that nothing prints it.

use http::{HeaderMap, HeaderValue};
use wasmtime_wasi_http::Error;

use super::CallEgress;
use crate::sandbox::text;

const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";

/// Fills secrets into all header values.
pub(super) fn fill_secrets(call: &CallEgress, headers: &mut HeaderMap) -> Result<(), Error> {
    for value in headers.values_mut() {
        let Ok(written) = std::str::from_utf8(value.as_bytes()) else {
            continue;
        };
        if !written.contains(OPEN) {
            continue;
        }
        let filled = fill(call, written)?;
        *value = HeaderValue::try_from(filled).map_err(|_| {
            call.note("request refused: a secret filled into a header holds characters that a header can't");
            Error::HttpRequestDenied
        })?;
        value.set_sensitive(true);
    }
    Ok(())
}

fn fill(call: &CallEgress, written: &str) -> Result<String, Error> {
    let mut filled = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((name, behind)) = after.split_once(CLOSE) else {
            break;
        };
        filled.push_str(before);
        filled.push_str(secret(call, name)?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn secret<'a>(call: &'a CallEgress, name: &str) -> Result<&'a str, Error> {
    let shown = text::clean(name, 100);
    if !call.grants.secrets.iter().any(|granted| granted.as_str() == name) {
        call.note(&format!(
            "request refused: a header asks for the secret {shown}; add `secrets: [{shown}]` to the link's grants"
        ));
        return Err(Error::HttpRequestDenied);
    }
    call.secrets.reveal(name).ok_or_else(|| {
        call.note(&format!("request refused: the secret {shown} is granted but not set; set VCONDUIT_SECRET_{shown} or add a file of that name"));
        Error::HttpRequestDenied
    })
}
