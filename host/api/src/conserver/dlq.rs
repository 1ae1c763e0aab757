//! Dead letters of a list or a storage, as ids.

use axum::extract::State;

use super::fault::{FieldFault, both};
use super::query::Query;
use super::{ApiError, Authorized, Reply};
use crate::Shared;
use crate::edge::measure::Source;
use crate::edge::reply::{Json, Refusal};
use vconduit_engine::control::ReplayError;
use vconduit_store::StoreError;

/// Beginning of the names under which dead letters of storages are.
const OF_STORAGE: &str = "storage:";

/// Ids that one call moves. Callers repeat until the response is 0.
const MAX_MOVED: i64 = 100_000;

/// Dead letters of a storage that one call saves. A save takes far longer than a move.
const MAX_SAVED: i64 = 10_000;

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
        let message = "these vCons have passed their chain, so there is no list to move them back to; \
                       POST /dlq/storage/reprocess saves them to the storage";
        return Err(vec![FieldFault::value(place, message, list.to_string().into())].into());
    }
    let moved = api.queues.reprocess(&list, count.unsigned_abs()).await;
    let moved = moved.map_err(|error| ApiError::Store("Failed to reprocess DLQ", error))?;
    api.enqueued.add(&list, Source::DeadLetters, moved);
    Ok(Json(moved))
}

/// Dead letters of a storage
///
/// The ids of vCons that the storage did not save, the oldest failure first.
#[utoipa::path(
    get, path = "/dlq/storage", tag = "dlq",
    params(("storage_name" = String, Query, description = "storage of the configuration")),
    responses(
        (status = 200, description = "ids of vCons", body = Vec<String>),
        (status = 404, description = "there is no such storage", body = Refusal),
    ),
)]
pub async fn get_dlq_storage(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<Vec<String>>> {
    let storage = query.storage("storage_name")?;
    let ids = api.storage_letters.ids(&storage).await;
    Ok(Json(ids.map_err(|error| of_storage("Failed to read DLQ", error))?))
}

/// Save dead letters of a storage again
///
/// Saves dead letters to their storage, the oldest failure first, and removes each after its save.
/// Stops at the first failure. Returns how many were saved. The document is the latest one. A vCon
/// that was deleted is removed without a save. One whose document has expired stays.
#[utoipa::path(
    post, path = "/dlq/storage/reprocess", tag = "dlq",
    params(
        ("storage_name" = String, Query, description = "storage of the configuration"),
        ("count" = Option<i64>, Query, minimum = 1, maximum = 10_000,
            description = "number of dead letters to save at most; 1000 by default"),
    ),
    responses(
        (status = 200, description = "number of dead letters that were saved", body = u64, content_type = "application/json"),
        (status = 404, description = "there is no such storage", body = Refusal),
        (status = 409, description = "dead letters of this storage are being saved already", body = Refusal),
    ),
)]
pub async fn post_dlq_storage_reprocess(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<u64>> {
    let count = query.int_within("count", 1000, 1, MAX_SAVED);
    let (storage, count) = both(query.storage("storage_name"), count)?;
    let replay = api
        .storage_letters
        .clone()
        .replay(storage.clone(), count.unsigned_abs());
    let replay = replay
        .await
        .map_err(|error| of_storage("Failed to reprocess DLQ", error))?;
    replay.log(&storage);
    Ok(Json(replay.written))
}

fn of_storage(operation: &'static str, error: ReplayError) -> ApiError {
    match error {
        ReplayError::Unknown(_) => ApiError::NotFound("there is no such storage in the configuration"),
        ReplayError::Running(_) => {
            ApiError::Conflict("dead letters of this storage are being saved already; try again later")
        }
        ReplayError::Store(error) => ApiError::Store(operation, error),
        ReplayError::EndedEarly => {
            let reason = error.to_string();
            ApiError::Store(
                operation,
                StoreError::Refused {
                    operation: "replay",
                    reason,
                },
            )
        }
    }
}
