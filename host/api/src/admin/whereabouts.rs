//! The places of one vCon, and the runs that it was in.

use axum::extract::State;

use super::{Admin, PathOf, ProblemDocument, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vcon_document::VconId;
use vconduit_admin_types::Whereabouts;

/// Find a vCon
///
/// On the lists of the active configuration, in work, parked, among dead letters and in storages,
/// with the runs that it was in. The places are looked at one after another, in the direction that
/// vCons move: one that moves meanwhile may be found in two.
#[utoipa::path(
    get, path = "/where/{uuid}", tag = "admin: queues",
    params(("uuid" = String, Path, description = "id of the vCon, in the spelling that it has on lists")),
    responses(
        (status = 200, description = "the places and runs of the vCon", body = Whereabouts),
        (status = 404, description = "the vCon is not known", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_where(_: Admin, State(api): State<Shared>, PathOf(id): PathOf<VconId>) -> Reply<Json<Whereabouts>> {
    Ok(Json(api.queues.whereabouts(&id).await?))
}
