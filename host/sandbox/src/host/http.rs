//! `vcon:link/http`: sends a request and returns the whole response.
//!
//! Guarantee: a request is treated like one over `wasi:http`, by the same policy and within the
//! same limits of the call.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody, WasiHttpView};

use crate::bindings::wit::http::{Fault as HttpFault, Host, Request, Response};
use crate::state::{CallState, MAX_FIELDS_BYTES};
use vconduit_base::text;

impl Host for CallState {
    async fn send(&mut self, request: Request) -> Result<Response, HttpFault> {
        let options = RequestOptions {
            first_byte_timeout: request.timeout_ms.map(Duration::from_millis),
            ..RequestOptions::default()
        };
        let request = outgoing(request)?;
        let finished = Box::new(std::future::ready(Ok(())));
        let sending = self.http().hooks.send_request(request, Some(options), finished);
        let (response, _) = Box::into_pin(sending).await.map_err(fault)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(fault)?.to_bytes();
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(field).collect(),
            body: body.into(),
        })
    }
}

fn outgoing(request: Request) -> Result<http::Request<WasiBody>, HttpFault> {
    let invalid = |what: &str, written: &str| HttpFault::Invalid(format!("{what} {}", text::clean(written, 200)));
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| invalid("this is not an HTTP method:", &request.method))?;
    let uri: Uri = request
        .url
        .parse()
        .map_err(|_| invalid("this is not a URL:", &request.url))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(invalid("the URL has to begin with http:// or https://:", &request.url));
    }
    let body = Full::new(Bytes::from(request.body))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut outgoing = http::Request::new(body);
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = uri;
    let mut bytes_left = MAX_FIELDS_BYTES;
    for (name, value) in request.headers {
        bytes_left = bytes_left
            .checked_sub(name.len().saturating_add(value.len()))
            .ok_or_else(|| {
                HttpFault::TooLarge(format!(
                    "the request's headers are longer than {MAX_FIELDS_BYTES} bytes"
                ))
            })?;
        let key =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("this is not a header's name:", &name))?;
        // The message does not name the value, which may be private.
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| invalid("the value does not fit the header", &name))?;
        if key == CONTENT_LENGTH || DEFAULT_FORBIDDEN_HEADERS.contains(&key) {
            return Err(invalid("this header is not for links to set:", &name));
        }
        outgoing.headers_mut().append(key, value);
    }
    Ok(outgoing)
}

fn field((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (
        name.as_str().to_owned(),
        String::from_utf8_lossy(value.as_bytes()).into_owned(),
    )
}

/// Turns an error into the contract's fault. Faults differ in whether the service may have received
/// the request, and in whether a retry could help.
fn fault(error: Error) -> HttpFault {
    let message = text::clean(&error.to_string(), 300).into_owned();
    match error {
        Error::HttpRequestDenied | Error::DestinationIpProhibited | Error::ConnectionLimitReached => {
            HttpFault::Denied(format!("{message}; the link's log has the reason"))
        }
        Error::HttpRequestUriInvalid | Error::HttpRequestUriTooLong | Error::HttpRequestMethodInvalid => {
            HttpFault::Invalid(message)
        }
        Error::DnsTimeout
        | Error::DnsError { .. }
        | Error::DestinationNotFound
        | Error::DestinationUnavailable
        | Error::DestinationIpUnroutable
        | Error::ConnectionRefused
        | Error::ConnectionTimeout
        | Error::TlsProtocolError
        | Error::TlsCertificateError
        | Error::TlsAlertReceived { .. } => HttpFault::Unreached(message),
        Error::HttpResponseTimeout | Error::ConnectionReadTimeout | Error::ConnectionWriteTimeout => {
            HttpFault::TimedOut(message)
        }
        Error::HttpRequestBodySize(_)
        | Error::HttpResponseBodySize(_)
        | Error::HttpResponseHeaderSectionSize(_)
        | Error::HttpResponseHeaderSize { .. } => HttpFault::TooLarge(message),
        _ => HttpFault::Broken(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, headers: &[(&str, &str)]) -> Request {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: headers.iter().map(pair).collect(),
            body: b"text".to_vec(),
            timeout_ms: None,
        }
    }

    #[test]
    fn a_request_that_can_not_be_sent_is_refused_with_its_fault() {
        let refused = |url: &str, headers: &[(&str, &str)]| match outgoing(request(url, headers)) {
            Err(HttpFault::Invalid(text) | HttpFault::TooLarge(text)) => text,
            other => panic!("{url} {headers:?} gave {other:?}"),
        };
        assert!(refused("ftp://example.com/", &[]).contains("ftp://example.com/"));
        assert!(refused("/topics", &[]).contains("/topics"));
        assert!(refused("http://a/", &[("Host", "b")]).contains("Host"));
        assert!(refused("http://a/", &[("a b", "c")]).contains("a b"));
        let private = refused("http://a/", &[("authorization", "key\nmore")]);
        assert!(
            private.contains("authorization") && !private.contains("key"),
            "{private}"
        );
        let long = "x".repeat(MAX_FIELDS_BYTES);
        assert!(refused("http://a/", &[("x", &long)]).contains("65536"));
    }

    #[test]
    fn a_request_keeps_its_headers_in_order() {
        let sent = outgoing(request("http://a:8080/b?c", &[("x-b", "1"), ("x-a", "2")])).unwrap();
        assert_eq!(sent.uri(), "http://a:8080/b?c");
        let fields: Vec<_> = sent.headers().iter().map(field).collect();
        assert_eq!(
            fields,
            [("x-b".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())]
        );
    }

    #[test]
    fn only_a_request_that_no_service_received_is_unreached() {
        assert!(matches!(fault(Error::ConnectionRefused), HttpFault::Unreached(_)));
        assert!(matches!(fault(Error::ConnectionTerminated), HttpFault::Broken(_)));
        assert!(matches!(fault(Error::HttpResponseTimeout), HttpFault::TimedOut(_)));
        assert!(matches!(fault(Error::HttpRequestDenied), HttpFault::Denied(_)));
    }
}
