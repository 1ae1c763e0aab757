//! `/config`: the running configuration.
use axum::extract::State;
use http::StatusCode;
use super::payload::KeyedBody;
use super::{Answer, ApiError, Shared, reply};
use crate::auth::Keyed;

/// The configuration
#[utoipa::path(get, path = "/config", tag = "config", responses((status = 200, description = "x", body = Object)))]
pub async fn get_config(_: Keyed, State(_api): State<Shared>) -> Answer { Ok(reply::text(StatusCode::OK, "{}")) }
/// The configuration
#[utoipa::path(post, path = "/config", tag = "config", request_body = Object, responses((status = 204, description = "x")))]
pub async fn post_config(State(_api): State<Shared>, KeyedBody(payload): KeyedBody) -> Answer {
    payload.object()?;
    Err(ApiError::Unexpected("not yet".into()))
}
