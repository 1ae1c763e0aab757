//! Ingress and egress lists.

use axum::extract::State;
use http::HeaderMap;

use super::fault::both;
use super::query::Query;
use super::schemas::QueueDepth;
use super::{ApiError, Authorized, AuthorizedBody, Reply};
use crate::Shared;
use crate::edge::measure::Source;
use crate::edge::reply::{self, Json};
use crate::edge::trace_context;

/// Ids that one call takes: some 400 KB, which the store returns within milliseconds. Callers
/// repeat until the response is empty.
const MAX_TAKEN: usize = 10_000;

/// Take ids from a list
///
/// From its end, the newest first. The ids are removed from the list, also when the response does
/// not arrive.
#[utoipa::path(
    get, path = "/vcon/egress", tag = "chain",
    params(
        ("egress_list" = String, Query, description = "name of the list"),
        ("limit" = Option<i64>, Query, description = "number of ids at most; 1 by default, and never more than 10,000"),
    ),
    responses((status = 200, description = "the ids", body = Vec<String>)),
)]
pub async fn get_vcon_egress(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<Vec<String>>> {
    let (list, limit) = both(query.list("egress_list"), query.int("limit", 1))?;
    let limit = usize::try_from(limit).unwrap_or(0).min(MAX_TAKEN);
    let taken = api.queues.take(&list, limit).await;
    let ids = taken.map_err(|error| ApiError::Store("Failed to pop from egress list", error))?;
    Ok(Json(ids))
}

/// Append stored vCons to a list
///
/// In the order of the body. Ids without a stored vCon are ignored.
#[utoipa::path(
    post, path = "/vcon/ingress", tag = "chain",
    params(("ingress_list" = String, Query, description = "name of the list")),
    request_body(content = Vec<uuid::Uuid>, description = "ids of vCons"),
    responses((status = 204, description = "the ids of stored vCons are on the list")),
)]
pub async fn post_vcon_ingress(
    State(api): State<Shared>,
    headers: HeaderMap,
    query: Query,
    AuthorizedBody(payload): AuthorizedBody,
) -> Reply {
    let (list, ids) = both(query.list("ingress_list"), payload.ids())?;
    api.admission.check(std::slice::from_ref(&list))?;
    let context = trace_context::of(&headers);
    let queued = api.documents.requeue(&list, &ids, context.as_deref()).await;
    let count = queued.map_err(|error| ApiError::Store("Failed to add to ingress list", error))?;
    api.enqueued.add(&list, Source::Reingress, count);
    Ok(reply::empty())
}

/// Count a list
///
/// Number of ids on a list; 0 for one that does not exist.
#[utoipa::path(
    get, path = "/vcon/count", tag = "chain",
    params(("egress_list" = String, Query, description = "name of the list")),
    responses((status = 200, description = "number of ids on the list", body = u64, content_type = "application/json")),
)]
pub async fn get_vcon_count(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<u64>> {
    let list = query.list("egress_list")?;
    let depth = api.queues.depth(&list).await;
    Ok(Json(depth.map_err(|error| {
        ApiError::Store("Failed to count egress list", error)
    })?))
}

/// Depth of a list
///
/// Of any list, including lists of dead letters (`DLQ:<list>`); 0 for one that does not exist. No
/// key is needed.
#[utoipa::path(
    get, path = "/stats/queue", tag = "system",
    params(("list_name" = String, Query, description = "name of the list")),
    responses((status = 200, description = "the list and its depth", body = QueueDepth)),
)]
pub async fn get_queue_depth(State(api): State<Shared>, query: Query) -> Reply<Json<QueueDepth>> {
    let list_name = query.list("list_name")?;
    let depth = api.queues.depth(&list_name).await;
    let depth = depth.map_err(|error| ApiError::Store("Failed to get queue depth", error))?;
    Ok(Json(QueueDepth { list_name, depth }))
}
