//! Path, query and body of a request, with problem documents for what does not fit.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::request::Parts;

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

/// A JSON body. Its length is bounded by axum's limit of 2 MiB: no resource of the admin API is larger.
pub struct Body<T>(pub T);

impl<S: Sync, T> FromRequest<S> for Body<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Self(Json::from_request(request, state).await?.0))
    }
}
