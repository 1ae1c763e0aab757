//! What went wrong with a request, as the guest sees it, and as the link's log says it.

use std::error::Error as StdError;
use std::io::ErrorKind;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

use super::Asked;
use super::policy::{Target, refusal};
use super::resolve::ResolveError;
use vconduit_base::cause::root_cause;
use vconduit_base::text;

/// The fault of a request that got no response.
pub(super) fn of_request(asked: &Asked, target: &Target, error: &legacy::Error) -> Error {
    if let Some(ResolveError::Refused(address)) = find(error) {
        asked.note(&refusal(target, *address));
        return Error::DestinationIpProhibited;
    }
    let reason = root_cause(error).to_string();
    asked.note(&format!("request to {target} failed: {}", text::clean(&reason, 300)));
    if let Some(ResolveError::Unknown(_)) = find(error) {
        return Error::DnsError {
            rcode: Some("name not resolved".to_owned()),
            info_code: None,
        };
    }
    // What our own body or the guest's reported passes through hyper and comes out as it was.
    if let Some(Error::HttpRequestBodySize(limit)) = find(error) {
        return Error::HttpRequestBodySize(*limit);
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return if matches!(tls, rustls::Error::InvalidCertificate(_)) {
            Error::TlsCertificateError
        } else {
            Error::TlsProtocolError
        };
    }
    if let Some(error) = find::<hyper::Error>(error) {
        return of_hyper(error);
    }
    let io = find::<std::io::Error>(error).map(std::io::Error::kind);
    match io {
        Some(ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
        Some(ErrorKind::TimedOut) => Error::ConnectionTimeout,
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => Error::DestinationUnavailable,
        _ if error.is_connect() => Error::ConnectionRefused,
        _ => Error::HttpProtocolError,
    }
}

/// The fault of a response body.
pub(super) fn of_body(error: &hyper::Error) -> Error {
    of_hyper(error)
}

fn of_hyper(error: &hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if error.is_timeout() {
        return Error::ConnectionReadTimeout;
    }
    if error.is_incomplete_message() {
        return Error::HttpResponseIncomplete;
    }
    if error.is_closed() || error.is_canceled() {
        return Error::ConnectionTerminated;
    }
    match find::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
            Error::ConnectionTerminated
        }
        _ => Error::HttpProtocolError,
    }
}

/// The first cause of a kind.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An I/O error keeps what it carries apart from its source.
        if let Some(found) = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<T>())
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
