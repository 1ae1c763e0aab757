//! Lists of the configuration.

use axum::extract::State;

use super::{Admin, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::Lists;

/// List the lists
///
/// Every list that the active configuration names, including empty ones: ingress lists with their
/// dead letters and the lists that parked runs come back on, egress lists, and dead letters of
/// storages.
#[utoipa::path(
    get, path = "/lists", tag = "admin: queues",
    responses((status = 200, description = "the lists", body = Lists)),
)]
pub async fn get_lists(_: Admin, State(api): State<Shared>) -> Reply<Json<Lists>> {
    Ok(Json(api.queues.lists().await?))
}
