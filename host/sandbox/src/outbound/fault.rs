//! Errors of requests, for the guest and for the link's log.

use std::error::Error as StdError;
use std::io::ErrorKind;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

use super::policy::refusal;
use super::request::OutboundRequest;
use super::resolve::ResolveError;
use super::target::Target;
use vconduit_base::cause::root_cause;
use vconduit_base::text;

/// Returns the error of a request that got no response, and notes it.
pub(super) fn of_request(outbound: &OutboundRequest, target: &Target, error: &legacy::Error) -> Error {
    if let Some(ResolveError::Refused(address)) = find(error) {
        outbound.note(&refusal(target, *address));
        return Error::DestinationIpProhibited;
    }
    let reason = root_cause(error).to_string();
    outbound.note(&format!("request to {target} failed: {}", text::clean(&reason, 300)));
    if let Some(ResolveError::Unknown(_)) = find(error) {
        return Error::DnsError {
            rcode: Some("name not resolved".to_owned()),
            info_code: None,
        };
    }
    // An error of the request body passes through hyper unchanged.
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

/// Returns the error of a response body.
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

/// Returns the first cause of type `T`.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // The error inside an I/O error is not its source.
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
