//! Responses for browsers on pages of other origins: any origin, method and header is allowed, as
//! the Conserver allows them.
//!
//! Guarantee: an origin is only repeated, and no cookie opens anything: keys are in headers.
//!
//! Not `tower-http`'s CORS layer: the headers here are exactly those of Starlette, on which the
//! Conserver's clients rely. The origin is echoed only if a cookie is sent, and a preflight request
//! gets status 200 with the body `OK`.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// The page that sent a request.
pub struct Browser {
    origin: HeaderValue,
    cookie: bool,
}

impl Browser {
    /// The page by the headers of a request; nothing when no page sent it.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let origin = headers.get(header::ORIGIN)?.clone();
        Some(Self {
            origin,
            cookie: headers.contains_key(header::COOKIE),
        })
    }

    /// Lets the page read the response.
    pub fn allow(self, headers: &mut HeaderMap) {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        if self.cookie {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        } else {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
}

/// The response to a preflight request of a browser; nothing for any other request.
#[must_use]
pub fn preflight(method: &Method, request: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS || !request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = request.get(header::ORIGIN)?.clone();
    let mut response = (StatusCode::OK, "OK").into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    let methods = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(wanted) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    Some(response)
}
