//! Requests that need a key of the API, and the order in which the Conserver checks them.
//!
//! Guarantee: the syntax of the body (422, 400) is checked before the key (403), and the key before
//! everything else. A client without a key makes the host read and check [`MAX_UNAUTHORIZED_BYTES`]
//! bytes at most.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::request::Parts;

use super::ApiError;
use super::payload::Payload;
use crate::Shared;
use crate::auth::{Client, ClientRefused};
use crate::edge::body::BodyError;

/// Bytes of a body that are read for a caller that has shown no key. A longer body is refused (403)
/// before its syntax is checked. Only here the order differs from that of the Conserver, which
/// would read all of it.
pub const MAX_UNAUTHORIZED_BYTES: usize = 64 * 1024;

/// Proof that a request without a body came from a client of the API.
pub struct Authorized(pub Client);

/// The body of a request that came from a client of the API.
pub struct AuthorizedBody(pub Payload);

impl FromRequestParts<Shared> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        Ok(Self(api.keys.client(&parts.headers)?))
    }
}

impl FromRequest<Shared> for AuthorizedBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let Err(refused) = api.keys.client(&head.headers) else {
            let payload = Payload::read(api, &head.headers, body, api.settings.max_body_bytes).await?;
            return Ok(Self(payload));
        };
        let start = Payload::read_of_stranger(api, &head.headers, body, refused).await?;
        start.syntax()?;
        Err(refused.into())
    }
}

impl Payload {
    /// Reads the start of the body of a caller that is refused, for the faults that have to be
    /// reported before the refusal.
    ///
    /// # Errors
    /// The refusal when the body is longer than [`MAX_UNAUTHORIZED_BYTES`]; else as
    /// [`Payload::read`].
    pub async fn read_of_stranger(
        api: &Shared,
        headers: &HeaderMap,
        body: Body,
        refused: impl Into<ApiError>,
    ) -> Result<Self, ApiError> {
        match Self::read(api, headers, body, MAX_UNAUTHORIZED_BYTES).await {
            Err(ApiError::Body(BodyError::TooLarge { .. })) => Err(refused.into()),
            read => read,
        }
    }
}

impl From<ClientRefused> for ApiError {
    fn from(_: ClientRefused) -> Self {
        Self::Forbidden("Invalid API Key".to_owned())
    }
}
