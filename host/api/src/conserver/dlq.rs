//! Dead letters.

use axum::extract::State;
use http::StatusCode;

use super::fault::both;
use super::measure::{self, Source};
use super::query::Query;
use super::{Answer, ApiError, Shared, reply};
use crate::auth::Keyed;

/// All of a list. What fits into memory on the side of the store stays far below.
const ALL: u64 = u32::MAX as u64;
/// The most that one call moves; callers repeat until the answer is 0.
const MOST_MOVED: i64 = 100_000;

/// Dead letters of a list
///
/// The ids that failed, oldest failure first.
#[utoipa::path(
    get, path = "/dlq", tag = "dlq",
    params(("ingress_list" = String, Query, description = "the ingress list that they came from")),
    responses((status = 200, description = "ids", body = Vec<String>)),
)]
pub async fn get_dlq_vcons(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let list = query.list("ingress_list")?;
    let read = api.store.entries(&list.dead_letters(), 0, ALL).await;
    let ids = read.map_err(|error| ApiError::Store("Failed to read DLQ", error))?;
    Ok(reply::json(StatusCode::OK, &ids))
}

/// Try dead letters again
///
/// Moves them back to the end of their ingress list, oldest failure first. Answers how many were moved.
#[utoipa::path(
    post, path = "/dlq/reprocess", tag = "dlq",
    params(
        ("ingress_list" = String, Query, description = "the ingress list that they came from"),
        ("count" = Option<i64>, Query, minimum = 1, maximum = 100_000, description = "how many at most, default 1000"),
    ),
    responses((status = 200, description = "how many were moved", body = u64)),
)]
pub async fn reprocess_dlq(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let (list, count) = both(
        query.list("ingress_list"),
        query.int_within("count", 1000, 1, MOST_MOVED),
    )?;
    let moved = api.store.reprocess(&list, count.unsigned_abs()).await;
    let moved = moved.map_err(|error| ApiError::Store("Failed to reprocess DLQ", error))?;
    measure::enqueued(&api, &list, Source::DeadLetters, moved);
    Ok(reply::json(StatusCode::OK, &moved))
}
