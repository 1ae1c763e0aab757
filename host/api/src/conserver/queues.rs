//! Ingress and egress lists.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::fault::both;
use super::measure::{self, Source};
use super::payload::KeyedBody;
use super::query::Query;
use super::{Answer, ApiError, Shared, reply, trace_context};
use crate::auth::Keyed;

/// Take ids from a list
///
/// From its end: the newest first. They are off the list even if the answer does not arrive.
#[utoipa::path(
    get, path = "/vcon/egress", tag = "chain",
    params(
        ("egress_list" = String, Query, description = "the list"),
        ("limit" = Option<i64>, Query, description = "how many at most, default 1"),
    ),
    responses((status = 200, description = "the ids taken", body = Vec<String>)),
)]
pub async fn get_vcon_egress(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let (list, limit) = both(query.list("egress_list"), query.int("limit", 1))?;
    let count = usize::try_from(limit).unwrap_or(0);
    if count == 0 {
        return Ok(reply::text(StatusCode::OK, "[]"));
    }
    let popped = api.store.pop_tail(&list, count).await;
    let ids = popped.map_err(|error| ApiError::Store("Failed to pop from egress list", error))?;
    Ok(reply::json(StatusCode::OK, &ids))
}

/// Put vCons on a list
///
/// Those that exist, in the order given. Ids that there is no vCon of are passed over.
#[utoipa::path(
    post, path = "/vcon/ingress", tag = "chain",
    params(("ingress_list" = String, Query, description = "the list")),
    request_body = Vec<uuid::Uuid>,
    responses((status = 204, description = "those that exist are on the list")),
)]
pub async fn post_vcon_ingress(
    State(api): State<Shared>,
    headers: HeaderMap,
    query: Query,
    KeyedBody(payload): KeyedBody,
) -> Answer {
    let (list, ids) = both(query.list("ingress_list"), payload.ids())?;
    let context = trace_context::of(&headers);
    let queued = api.documents.requeue(&list, &ids, context.as_deref()).await;
    let count = queued.map_err(|error| ApiError::Store("Failed to add to ingress list", error))?;
    measure::enqueued(&api, &list, Source::Reingress, count);
    Ok(reply::empty())
}

/// Count a list
#[utoipa::path(
    get, path = "/vcon/count", tag = "chain",
    params(("egress_list" = String, Query, description = "the list")),
    responses((status = 200, description = "the number of ids on it", body = u64)),
)]
pub async fn get_vcon_count(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let list = query.list("egress_list")?;
    let counted = api.store.depth(&list).await;
    let depth = counted.map_err(|error| ApiError::Store("Failed to count egress list", error))?;
    Ok(reply::json(StatusCode::OK, &depth))
}

/// Depth of a list
///
/// Of any list, dead-letter lists (`DLQ:<list>`) included; 0 for one that does not exist. Open to everyone.
#[utoipa::path(
    get, path = "/stats/queue", tag = "system",
    params(("list_name" = String, Query, description = "the list")),
    responses((status = 200, description = "the list and its depth", body = super::schemas::QueueDepth)),
)]
pub async fn get_queue_depth(State(api): State<Shared>, query: Query) -> Answer {
    let list = query.list("list_name")?;
    let counted = api.store.depth(&list).await;
    let depth = counted.map_err(|error| ApiError::Store("Failed to get queue depth", error))?;
    Ok(reply::json(StatusCode::OK, &json!({"list_name": list, "depth": depth})))
}
