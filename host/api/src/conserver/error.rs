//! The one error type at the edge of the service: what a client is told.
//!
//! Guarantee: an answer to a client never holds a key, an address with credentials, or the inner words of an unexpected
//! error; those go to the log under the request id that the client has.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::fault::FieldFault;
use super::reply;
use vconduit_store::StoreError;

/// When to try again while the store is away or the host is busy, in seconds. A Redis restart takes about as long.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Why a request has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No key, or none that opens the API.
    #[error("Invalid API Key")]
    InvalidKey,
    /// Refused for the reason given.
    #[error("{0}")]
    Forbidden(String),
    /// Parameters or body are not what they have to be.
    #[error("{} faults in the request", .0.len())]
    Invalid(Vec<FieldFault>),
    /// The body is not text.
    #[error("There was an error parsing the body")]
    Undecodable,
    /// The parameters don't make a question.
    #[error("{0}")]
    BadRequest(&'static str),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(&'static str),
    /// There is no such path.
    #[error("Not Found")]
    NoRoute,
    /// The body is too large.
    #[error("the body is larger than {limit} bytes; the setting VCONDUIT_MAX_BODY_BYTES raises the limit")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body took too long.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// Too many large bodies at once.
    #[error("too many large bodies are being read; try again")]
    Busy,
    /// The store did not do it. The first text is the Conserver's for this route.
    #[error("{0}")]
    Store(&'static str, #[source] StoreError),
    /// Something that ought not to happen. The text is for the log.
    #[error("{0}")]
    Unexpected(String),
}

/// The Conserver's text where a route has none of its own.
pub const INTERNAL: &str = "Internal Server Error";

/// Marks an answer as "no such path", for the edge, which knows about trailing slashes.
#[derive(Clone, Copy)]
pub struct NoRoute;

/// Marks an answer whose body the edge has to make, since it holds the request id.
#[derive(Clone, Copy)]
pub struct Unexplained;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(INTERNAL, error)
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidKey | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Undecodable | Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::Store(_, StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(..) | Self::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn log(&self) {
        match self {
            Self::Store(operation, error) => {
                tracing::error!(operation, %error, "a request failed in the working store")
            }
            Self::Unexpected(reason) => tracing::error!(%reason, "a request failed unexpectedly"),
            _ => tracing::debug!(reason = %self, "a request was refused"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let mut response = match &self {
            Self::Invalid(faults) => reply::json(status, &json!({"detail": faults})),
            Self::Store(INTERNAL, StoreError::Refused { .. } | StoreError::InUse { .. }) | Self::Unexpected(_) => {
                unexplained()
            }
            Self::Store(INTERNAL, StoreError::Unavailable(_)) => {
                reply::detail(status, "the working store is away; try again")
            }
            Self::Store(text, StoreError::Unavailable(_)) => {
                reply::detail(status, &format!("{text}: the working store is away; try again"))
            }
            _ => reply::detail(status, &self.to_string()),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if matches!(self, Self::NoRoute) {
            response.extensions_mut().insert(NoRoute);
        }
        response
    }
}

/// A 500 that the edge fills in.
#[must_use]
pub fn unexplained() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Unexplained);
    response
}
