//! References `{{secret:NAME}}` in header values, filled in before the request is sent.
//!
//! Guarantee: only granted secrets are filled in, and the value is marked as sensitive so that
//! nothing prints it.

use http::{HeaderMap, HeaderValue};
use wasmtime_wasi_http::Error;

use super::request::OutboundRequest;
use vconduit_base::secret_ref::{self, Part};
use vconduit_base::text;

/// Fills secrets into all header values.
pub(super) fn fill_secrets(outbound: &OutboundRequest, headers: &mut HeaderMap) -> Result<(), Error> {
    for value in headers.values_mut() {
        let Ok(written) = std::str::from_utf8(value.as_bytes()) else {
            continue;
        };
        if secret_ref::names(written).next().is_none() {
            continue;
        }
        let filled = fill(outbound, written)?;
        *value = HeaderValue::try_from(filled).map_err(|_| {
            outbound.note("request refused: a secret for a header contains characters that a header can't have");
            Error::HttpRequestDenied
        })?;
        value.set_sensitive(true);
    }
    Ok(())
}

fn fill(outbound: &OutboundRequest, written: &str) -> Result<String, Error> {
    let mut filled = String::with_capacity(written.len());
    for part in secret_ref::parts(written) {
        filled.push_str(match part {
            Part::Secret(name) => secret(outbound, name)?,
            Part::Text(text) | Part::Unclosed(text) => text,
        });
    }
    Ok(filled)
}

fn secret<'a>(outbound: &'a OutboundRequest, name: &str) -> Result<&'a str, Error> {
    let shown = text::clean(name, 100);
    let Some(granted) = outbound
        .state
        .grants
        .secrets
        .iter()
        .find(|granted| granted.as_str() == name)
    else {
        outbound.note(&format!(
            "request refused: a header asks for the secret {shown}; add `secrets: [{shown}]` to the link's grants"
        ));
        return Err(Error::HttpRequestDenied);
    };
    let value = outbound.state.secrets.reveal(name).ok_or_else(|| {
        outbound.note(&format!("request refused: the secret {shown} is granted but not set; set VCONDUIT_SECRET_{shown} or add a file of that name"));
        Error::HttpRequestDenied
    })?;
    // The service may send the value back to the link.
    outbound.state.log.hide(granted.clone(), value);
    Ok(value)
}
