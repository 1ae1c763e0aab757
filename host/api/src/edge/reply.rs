//! Answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::error::unexplained;
use vcon_document::Text;

/// The type of every answer that has a body.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// JSON text as the body, not copied.
#[must_use]
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A document as the body, shared with whoever else holds it.
#[must_use]
pub fn document(status: StatusCode, document: Text) -> Response {
    text(status, document.into_bytes())
}

/// A value as JSON.
#[must_use]
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => text(status, bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            unexplained()
        }
    }
}

/// `{"detail": …}`, the shape of every refusal.
#[must_use]
pub fn detail(status: StatusCode, detail: &str) -> Response {
    json(status, &json!({ "detail": detail }))
}

/// Done; nothing to say.
#[must_use]
pub fn empty() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
