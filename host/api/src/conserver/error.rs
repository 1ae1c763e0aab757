//! The one error type of the Conserver's routes.
//!
//! Guarantee: a response never holds a key, an address with credentials, or the inner words of an
//! unexpected error. Those go to the log under the id of the request, which the client has.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::fault::FieldFault;
use super::schemas::HttpValidationError;
use crate::edge::body::BodyError;
use crate::edge::reply::{self, INTERNAL};
use vconduit_engine::admission::Full;
use vconduit_store::StoreError;

/// Seconds after which a client is to try again while the store is unavailable or the host is busy.
/// A restart of Redis takes about as long.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Reasons why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The caller may not do it.
    #[error("{0}")]
    Forbidden(String),
    /// Parameters or body are not valid.
    #[error("{} faults in the request", .0.len())]
    Invalid(Vec<FieldFault>),
    /// The body is not text.
    #[error("There was an error parsing the body")]
    Undecodable,
    /// The parameters are valid one by one, and ask for nothing together.
    #[error("{0}")]
    BadRequest(&'static str),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(&'static str),
    /// It can't be done now.
    #[error("{0}")]
    Conflict(&'static str),
    /// The body was not read to its end.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Nothing new is accepted now.
    #[error(transparent)]
    Full(#[from] Full),
    /// The store failed. The first text is the Conserver's for this route.
    #[error("{0}")]
    Store(&'static str, #[source] StoreError),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(INTERNAL, error)
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Undecodable | Self::BadRequest(_) | Self::Body(BodyError::Broken) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyError::Busy) | Self::Full(_) | Self::Store(_, StoreError::Unavailable(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(..) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn log(&self) {
        match self {
            Self::Store(operation, error) => {
                tracing::error!(operation, %error, "a request failed in the working store")
            }
            _ => tracing::debug!(reason = %self, "a request was refused"),
        }
    }
}

impl From<Vec<FieldFault>> for ApiError {
    fn from(faults: Vec<FieldFault>) -> Self {
        let syntax: Vec<_> = faults.iter().filter(|fault| fault.is_syntax()).cloned().collect();
        Self::Invalid(if syntax.is_empty() { faults } else { syntax })
    }
}

impl From<FieldFault> for ApiError {
    fn from(fault: FieldFault) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let mut response = match self {
            Self::Invalid(detail) => reply::json(status, &HttpValidationError { detail }),
            Self::Store(INTERNAL, StoreError::Refused { .. } | StoreError::InUse { .. }) => reply::unexplained(),
            Self::Store(INTERNAL, StoreError::Unavailable(_)) => {
                reply::detail(status, "the working store is away; try again")
            }
            Self::Store(text, StoreError::Unavailable(_)) => {
                reply::detail(status, format!("{text}: the working store is away; try again"))
            }
            error => reply::detail(status, error.to_string()),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
