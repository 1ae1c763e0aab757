//! Dead letters of a list, as ids.

use axum::extract::State;

use super::fault::{FieldFault, both};
use super::query::Query;
use super::{ApiError, Authorized, Reply};
use crate::Shared;
use crate::edge::measure::Source;
use crate::edge::reply::Json;

/// Beginning of the names under which dead letters of storages are.
const OF_STORAGE: &str = "storage:";

/// Ids that one call moves. Callers repeat until the response is 0.
const MAX_MOVED: i64 = 100_000;

/// Dead letters of a list
///
/// The ids of vCons that failed, the oldest failure first.
#[utoipa::path(
    get, path = "/dlq", tag = "dlq",
    params(("ingress_list" = String, Query, description = "ingress list that the vCons came from")),
    responses((status = 200, description = "ids of vCons", body = Vec<String>)),
)]
pub async fn get_dlq_vcons(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<Vec<String>>> {
    let list = query.list("ingress_list")?;
    let ids = api.queues.dead_letter_ids(&list).await;
    Ok(Json(ids.map_err(|error| ApiError::Store("Failed to read DLQ", error))?))
}

/// Retry dead letters
///
/// Moves dead letters back to the end of their ingress list, the oldest failure first. Returns how
/// many were moved.
#[utoipa::path(
    post, path = "/dlq/reprocess", tag = "dlq",
    params(
        ("ingress_list" = String, Query, description = "ingress list that the vCons came from"),
        ("count" = Option<i64>, Query, minimum = 1, maximum = 100_000,
            description = "number of dead letters to move at most; 1000 by default"),
    ),
    responses((status = 200, description = "number of dead letters that were moved", body = u64, content_type = "application/json")),
)]
pub async fn post_dlq_reprocess(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<u64>> {
    let count = query.int_within("count", 1000, 1, MAX_MOVED);
    let (list, count) = both(query.list("ingress_list"), count)?;
    if list.as_str().starts_with(OF_STORAGE) {
        let place = vec!["query".into(), "ingress_list".into()];
        let message = "these vCons have passed their chain, so there is no list to move them back to: \
                       post their ids to a list whose chain has the storage";
        return Err(vec![FieldFault::value(place, message, list.to_string().into())].into());
    }
    let moved = api.queues.reprocess(&list, count.unsigned_abs()).await;
    let moved = moved.map_err(|error| ApiError::Store("Failed to reprocess DLQ", error))?;
    api.enqueued.add(&list, Source::DeadLetters, moved);
    Ok(Json(moved))
}
