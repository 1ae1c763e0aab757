//! Extractors for path, query and body, with problem documents as their rejections.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ProblemDocument;

/// Variable parts of the path.
pub struct PathOf<T>(pub T);

impl<S: Sync, T> FromRequestParts<S> for PathOf<T>
where
    Path<T>: FromRequestParts<S, Rejection = PathRejection>,
{
    type Rejection = ProblemDocument;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemDocument> {
        Ok(Self(Path::from_request_parts(parts, state).await?.0))
    }
}

/// Parameters of the query.
pub struct QueryOf<T>(pub T);

impl<S: Sync, T> FromRequestParts<S> for QueryOf<T>
where
    Query<T>: FromRequestParts<S, Rejection = QueryRejection>,
{
    type Rejection = ProblemDocument;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemDocument> {
        Ok(Self(Query::from_request_parts(parts, state).await?.0))
    }
}

/// The body: a JSON object, or null where that has a meaning. Its length is bounded by axum's limit
/// of 2 MiB, because no resource of the admin API is larger.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ProblemDocument;

    async fn from_request(request: Request, state: &S) -> Result<Self, ProblemDocument> {
        let Json(value) = Json::<Value>::from_request(request, state).await?;
        // serde would read a struct from an array, member by member.
        if !matches!(value, Value::Object(_) | Value::Null) {
            return Err(ProblemDocument::invalid("the body is not a JSON object"));
        }
        serde_json::from_value(value).map(Self).map_err(|error| {
            ProblemDocument::invalid(error.to_string()).fix("look at the request body of this route in /docs")
        })
    }
}
