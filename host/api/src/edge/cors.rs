//! Answers for browsers on other origins: any origin, any method, any header, as the Conserver does.
//!
//! Guarantee: an origin is only ever echoed, never combined with anything that a cookie could open: the API knows
//! keys in headers, not cookies.
//!
//! Not `tower-http`'s CORS layer: the headers here are exactly those of Starlette, on which the
//! Conserver's clients rely. The origin is echoed only if a cookie is sent, and a preflight request
//! gets status 200 with the body `OK`.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// What is known of the asking page; nothing when the request is not from one.
pub struct Browser {
    origin: HeaderValue,
    cookie: bool,
}

impl Browser {
    /// Reads the request's headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let origin = headers.get(header::ORIGIN)?.clone();
        Some(Self {
            origin,
            cookie: headers.contains_key(header::COOKIE),
        })
    }

    /// Lets the page read the answer.
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

/// The answer to a browser that asks before it sends; nothing when the request is not such a question.
#[must_use]
pub fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?.clone();
    let mut response = (StatusCode::OK, "OK").into_response();
    let answer = response.headers_mut();
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    let methods = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    Some(response)
}
