//! Responses of the API, as far as all of its parts share them.
//!
//! Guarantee: each response that has a body has JSON as its body. A response to an unexpected error
//! holds the id of the request and nothing of the error.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use vcon_document::Text;

/// Media type of JSON.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The Conserver's words for an error that it does not explain.
pub const INTERNAL: &str = "Internal Server Error";

/// A value as the JSON body of a response with status 200.
pub struct Json<T>(pub T);

/// A refusal of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refusal {
    /// Reason of the refusal.
    pub detail: String,
}

/// An unexpected error of the server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unexplained {
    /// `Internal Server Error`.
    pub detail: String,
    /// Id of the request. Lines of the log about this request have the same id.
    pub request_id: Option<String>,
}

/// Marks a response to a path that is not served. The edge may redirect such a request to the same
/// path with or without a slash at its end.
#[derive(Clone, Copy)]
pub(super) struct NoRoute;

/// Marks a response without a body that the edge fills in, because it has the id of the request.
#[derive(Clone, Copy)]
pub(super) struct NoBodyYet;

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// A response with JSON text as its body, which is not copied.
#[must_use]
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A response with a document as its body, which is not copied.
#[must_use]
pub fn document(status: StatusCode, document: Text) -> Response {
    text(status, document.into_bytes())
}

/// A response with a value as its JSON body.
#[must_use]
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => text(status, bytes),
        Err(error) => unexpected(format_args!("a response can't be written as JSON: {error}")),
    }
}

/// A refusal: `{"detail": …}`.
#[must_use]
pub fn detail(status: StatusCode, detail: impl Into<String>) -> Response {
    json(status, &Refusal { detail: detail.into() })
}

/// A response without a body, with status 204.
#[must_use]
pub fn empty() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The response to a path that is not served.
#[must_use]
pub fn no_route() -> Response {
    let mut response = detail(StatusCode::NOT_FOUND, "Not Found");
    response.extensions_mut().insert(NoRoute);
    response
}

/// The response to an unexpected error. The reason is written to the log only.
#[must_use]
pub fn unexpected(reason: impl fmt::Display) -> Response {
    tracing::error!(%reason, "a request failed unexpectedly");
    unexplained()
}

/// The response to an error that is in the log already.
#[must_use]
pub fn unexplained() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(NoBodyYet);
    response
}
