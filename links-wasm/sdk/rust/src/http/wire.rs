//! One request and its response over `wasi:http/outgoing-handler`.
//!
//! If a connection is refused, writing the body fails first, and the response's future has the
//! reason. So a failed write alone is no error. This also lets a service respond before it has read
//! the whole body.
//!
//! Not `wstd`: its client is async only, and links are synchronous.

use super::{Error, Request, Response};
use crate::clock;
use std::time::Duration;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

const PIECE: u64 = 64 * 1024;

/// Sends the request and reads the whole response.
pub(super) fn exchange(request: &Request) -> Result<Response, Error> {
    let ends = clock::now().saturating_add(request.timeout);
    let outgoing = outgoing(request)?;
    let body = outgoing.body().map_err(|()| rejected("its body"))?;
    let pending = handle(outgoing, Some(limits(request.timeout))).map_err(|code| explained(&code, &request.place()))?;
    write_all(body, &request.body);
    let answer = wait(&pending, request)?;
    let status = answer.status();
    let headers = answer.headers().entries();
    let body = read_all(answer, request, ends)?;
    Ok(Response::new(status, headers, body))
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, Error> {
    let url = request.target()?;
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    let headers = Fields::from_list(&headers).map_err(|_| rejected("a header"))?;
    if !request.body.is_empty() && !headers.has("content-length") {
        let length = request.body.len().to_string().into_bytes();
        headers
            .append("content-length", &length)
            .map_err(|_| rejected("its length"))?;
    }
    let scheme = if url.is_https { Scheme::Https } else { Scheme::Http };
    let outgoing = OutgoingRequest::new(headers);
    outgoing
        .set_method(&method(&request.method))
        .map_err(|()| rejected("the method"))?;
    outgoing
        .set_scheme(Some(&scheme))
        .map_err(|()| rejected("the scheme"))?;
    outgoing
        .set_authority(Some(&url.authority))
        .map_err(|()| rejected("the host"))?;
    outgoing
        .set_path_with_query(Some(&url.path))
        .map_err(|()| rejected("the path"))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        "HEAD" => Method::Head,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

/// Returns the time limits of a request. A host without such a limit refuses to set it. Then its
/// own limits apply.
fn limits(timeout: Duration) -> RequestOptions {
    let options = RequestOptions::new();
    let nanoseconds = Some(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX));
    let _ = options.set_connect_timeout(nanoseconds);
    let _ = options.set_first_byte_timeout(nanoseconds);
    let _ = options.set_between_bytes_timeout(nanoseconds);
    options
}

fn write_all(body: OutgoingBody, bytes: &[u8]) {
    let Ok(stream) = body.write() else {
        return;
    };
    let written = write_pieces(&stream, bytes);
    drop(stream);
    if written.is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}

fn write_pieces(stream: &OutputStream, mut rest: &[u8]) -> Result<(), StreamError> {
    while !rest.is_empty() {
        let allowed = usize::try_from(stream.check_write()?)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        if allowed == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = rest.split_at(allowed);
        stream.write(now)?;
        rest = later;
    }
    stream.blocking_flush()
}

fn wait(pending: &FutureIncomingResponse, request: &Request) -> Result<IncomingResponse, Error> {
    pending.subscribe().block();
    match pending.get() {
        Some(Ok(Ok(answer))) => Ok(answer),
        Some(Ok(Err(code))) => Err(explained(&code, &request.place())),
        _ => Err(Error::Broken(format!("{} gave no answer", request.place()))),
    }
}

fn read_all(answer: IncomingResponse, request: &Request, ends: Duration) -> Result<Vec<u8>, Error> {
    let unreadable = || Error::Broken(format!("the answer of {} has no readable body", request.place()));
    let body: IncomingBody = answer.consume().map_err(|()| unreadable())?;
    let stream = body.stream().map_err(|()| unreadable())?;
    let mut bytes = Vec::new();
    while let Some(piece) = next_piece(&stream, request)? {
        if bytes.len() + piece.len() > request.max_answer_bytes {
            let limit = request.max_answer_bytes;
            return Err(Error::BadAnswer(format!(
                "{} sent more than {limit} bytes",
                request.place()
            )));
        }
        if clock::now() > ends {
            return Err(Error::TimedOut(format!(
                "{} did not end its answer in time",
                request.place()
            )));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn next_piece(stream: &InputStream, request: &Request) -> Result<Option<Vec<u8>>, Error> {
    match stream.blocking_read(PIECE) {
        Ok(piece) => Ok(Some(piece)),
        Err(StreamError::Closed) => Ok(None),
        Err(StreamError::LastOperationFailed(error)) => Err(match http_error_code(&error) {
            Some(code) => explained(&code, &request.place()),
            None => Error::Broken(format!("the answer of {} ended early", request.place())),
        }),
    }
}

fn rejected(what: &str) -> Error {
    Error::BadRequest(format!("the host rejects {what}"))
}

fn explained(code: &ErrorCode, place: &str) -> Error {
    match code {
        ErrorCode::HttpRequestDenied => Error::Denied(format!("{place} is not granted, or a budget is used up")),
        ErrorCode::DestinationIpProhibited => Error::Denied(format!("the address of {place} is not allowed")),
        ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestMethodInvalid => {
            Error::BadRequest(format!("{place}: {code:?}"))
        }
        ErrorCode::ConnectionTimeout => Error::NotReached(format!("{place}: no connection in time")),
        ErrorCode::ConnectionRefused => Error::NotReached(format!("{place}: connection refused")),
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => Error::NotReached(format!("{place}: name not resolved")),
        ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => Error::NotReached(format!("{place}: {code:?}")),
        ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout | ErrorCode::HttpResponseTimeout => {
            Error::TimedOut(format!("{place}: {code:?}"))
        }
        ErrorCode::HttpResponseBodySize(_) => Error::BadAnswer(format!("{place} sent more than the host lets through")),
        ErrorCode::InternalError(Some(text)) => Error::Broken(format!("{place}: {text}")),
        _ => Error::Broken(format!("{place}: {code:?}")),
    }
}
