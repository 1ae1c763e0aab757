//! Problem documents (RFC 9457): the errors of the admin API.
//!
//! Guarantee: each names the thing at fault and the next step. None holds a key, a secret or the
//! inner words of an unexpected error.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use vconduit_base::names::NameError;
use vconduit_store::StoreError;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:vconduit:problem:<type>`, for programs.
    #[serde(rename = "type")]
    kind: String,
    /// The type for people, always the same for a type.
    title: &'static str,
    /// HTTP status of the response.
    status: u16,
    /// The error of this request.
    detail: String,
    /// Next step; absent where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    fix: String,
    /// Further members, which depend on the type.
    #[serde(flatten)]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    more: Box<Map<String, Value>>,
}

impl ProblemDocument {
    /// A problem of this type.
    #[must_use]
    pub fn new(status: StatusCode, kind: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:vconduit:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            fix: String::new(),
            more: Box::default(),
        }
    }

    /// Adds the next step.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The request has no admin key, or an unknown one.
    #[must_use]
    pub fn unauthorized() -> Self {
        let detail = "there is no admin key in the request, or an unknown one";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "not authorised", detail)
            .fix("send `Authorization: Bearer <key>` with a key of VCONDUIT_ADMIN_TOKEN or VCONDUIT_ADMIN_TOKEN_FILE")
    }

    /// The caller may not do it.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "not allowed", detail)
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "not found", detail)
    }

    /// The request is not valid.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "the request is not valid",
            detail,
        )
    }

    /// It can't be done in the present state.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "conflict",
            "it can't be done as things are",
            detail,
        )
    }
}

impl From<StoreError> for ProblemDocument {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "a request of the admin API failed in the working store");
                let detail = "the working store is away";
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "store-away",
                    "the working store is away",
                    detail,
                )
                .fix("try again")
            }
            StoreError::Refused { operation, reason } => {
                tracing::error!(
                    operation,
                    reason,
                    "a request of the admin API failed in the working store"
                );
                let detail = format!("the working store refused {operation}: {reason}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store-refused",
                    "the working store refused",
                    detail,
                )
            }
            StoreError::InUse { .. } => {
                let detail = "the working store belongs to another process";
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store-refused",
                    "the working store refused",
                    detail,
                )
            }
        }
    }
}

impl From<NameError> for ProblemDocument {
    fn from(error: NameError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<vcon_document::IdError> for ProblemDocument {
    fn from(error: vcon_document::IdError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<JsonRejection> for ProblemDocument {
    fn from(rejection: JsonRejection) -> Self {
        Self::invalid(rejection.body_text()).fix("send a JSON object with `content-type: application/json`")
    }
}

impl From<QueryRejection> for ProblemDocument {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid(rejection.body_text()).fix("look at the query parameters of this route in /docs")
    }
}

impl From<PathRejection> for ProblemDocument {
    fn from(rejection: PathRejection) -> Self {
        Self::invalid(rejection.body_text())
    }
}

impl IntoResponse for ProblemDocument {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = crate::edge::reply::json(status, &self);
        response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
