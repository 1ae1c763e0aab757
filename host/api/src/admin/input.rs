//! Path, query and body of a request, with problem documents for what does not fit.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Problem;

/// Parts of the path.
pub struct PathOf<T>(pub T);

impl<S: Sync, T> FromRequestParts<S> for PathOf<T>
where
    Path<T>: FromRequestParts<S, Rejection = PathRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Path::from_request_parts(parts, state).await?.0))
    }
}

/// The query.
pub struct QueryOf<T>(pub T);

impl<S: Sync, T> FromRequestParts<S> for QueryOf<T>
where
    Query<T>: FromRequestParts<S, Rejection = QueryRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Query::from_request_parts(parts, state).await?.0))
    }
}

/// A JSON body: an object, or null where that has a meaning. Its length is bounded by axum's limit of 2 MiB: no resource of the admin API is
/// larger.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(value) = Json::<Value>::from_request(request, state).await?;
        // serde would take an array for a struct, member by member.
        if !matches!(value, Value::Object(_) | Value::Null) {
            return Err(Problem::invalid("the body is not a JSON object"));
        }
        serde_json::from_value(value)
            .map(Self)
            .map_err(|error| Problem::invalid(error.to_string()).fix("look at the request body of this route in /docs"))
    }
}
