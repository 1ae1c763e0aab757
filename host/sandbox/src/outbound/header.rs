//! `{{secret:NAME}}` in header values, filled in when the request leaves.
//!
//! Guarantee: only secrets that the link was granted are filled in, and the value that leaves is marked so that nothing prints it.

use http::{HeaderMap, HeaderValue};
use wasmtime_wasi_http::Error;

use super::Asked;
use vconduit_base::secret_ref::{self, Part};
use vconduit_base::text;

/// Fills secrets into all header values.
pub(super) fn fill_secrets(asked: &Asked, headers: &mut HeaderMap) -> Result<(), Error> {
    for value in headers.values_mut() {
        let Ok(written) = std::str::from_utf8(value.as_bytes()) else {
            continue;
        };
        if secret_ref::names(written).next().is_none() {
            continue;
        }
        let filled = fill(asked, written)?;
        *value = HeaderValue::try_from(filled).map_err(|_| {
            asked.note("request refused: a secret filled into a header holds characters that a header can't");
            Error::HttpRequestDenied
        })?;
        value.set_sensitive(true);
    }
    Ok(())
}

fn fill(asked: &Asked, written: &str) -> Result<String, Error> {
    let mut filled = String::with_capacity(written.len());
    for part in secret_ref::parts(written) {
        filled.push_str(match part {
            Part::Secret(name) => secret(asked, name)?,
            Part::Text(text) | Part::Unclosed(text) => text,
        });
    }
    Ok(filled)
}

fn secret<'a>(asked: &'a Asked, name: &str) -> Result<&'a str, Error> {
    let shown = text::clean(name, 100);
    let Some(granted) = asked
        .call
        .grants
        .secrets
        .iter()
        .find(|granted| granted.as_str() == name)
    else {
        asked.note(&format!(
            "request refused: a header asks for the secret {shown}; add `secrets: [{shown}]` to the link's grants"
        ));
        return Err(Error::HttpRequestDenied);
    };
    let value = asked.call.secrets.reveal(name).ok_or_else(|| {
        asked.note(&format!("request refused: the secret {shown} is granted but not set; set VCONDUIT_SECRET_{shown} or add a file of that name"));
        Error::HttpRequestDenied
    })?;
    // The service may send it back, and then the link has it.
    asked.call.log.hide(granted.clone(), value);
    Ok(value)
}
