//! Redirects to the same path with or without a slash at its end, as Starlette does.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::reply;

/// Scheme and host that a client used, as far as the request tells.
pub(super) struct Origin {
    host: Option<HeaderValue>,
    https: bool,
}

impl Origin {
    /// The origin by the headers of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let https = headers.get("x-forwarded-proto").is_some_and(|value| value == "https");
        Self {
            host: headers.get(header::HOST).cloned(),
            https,
        }
    }

    /// A redirect to a path on the same origin, with status 307.
    pub(super) fn redirect(&self, path: &str, query: Option<&str>) -> Response {
        let scheme = if self.https { "https" } else { "http" };
        let host = self.host.as_ref().and_then(|host| host.to_str().ok());
        let start = host.map(|host| format!("{scheme}://{host}")).unwrap_or_default();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let Ok(location) = HeaderValue::try_from(format!("{start}{path}{query}")) else {
            return reply::no_route();
        };
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response()
    }
}
