//! Lists: what waits where.

use axum::extract::State;

use super::Answer;
use super::page::ok;
use crate::Shared;
use crate::auth::Admin;
use vconduit_engine::control::queues::Lists;

/// The lists
///
/// Every list that the running configuration names, also those that stand empty: ingress lists with their dead letters and the list that
/// parked runs come back on, egress lists, the dead letters of storages.
#[utoipa::path(
    get, path = "/lists", tag = "admin: queues",
    responses((status = 200, description = "the lists", body = Lists)),
)]
pub async fn get_lists(_: Admin, State(api): State<Shared>) -> Answer {
    ok(&api.queues.lists().await?)
}
