//! The one variable part of a path, as text.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

/// The one variable part of the path. A part that can't be decoded to text stays as it is in the
/// request, and is the name of nothing.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let decoded = Path::<String>::from_request_parts(parts, state).await;
        let raw = || parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self(decoded.map_or_else(|_| raw(), |Path(text)| text)))
    }
}
