//! Where a vCon is now, and what happened to it.

use axum::extract::State;

use super::page::ok;
use super::{Answer, PathOf, Problem};
use crate::Shared;
use crate::auth::Admin;
use vcon_document::VconId;
use vconduit_engine::control::queues::Whereabouts;

/// Where a vCon is
///
/// On the lists of the running configuration, in work, parked, in dead letters, in storages; and what runs did with it. The places are
/// looked at one after another, in the direction that vCons take: one that moves meanwhile may show in two.
#[utoipa::path(
    get, path = "/where/{uuid}", tag = "admin: queues",
    params(("uuid" = String, Path, description = "the vCon, in the spelling that it has on lists")),
    responses(
        (status = 200, description = "what is known of it", body = Whereabouts),
        (status = 404, description = "nothing is known of it", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn get_where(_: Admin, State(api): State<Shared>, PathOf(id): PathOf<VconId>) -> Answer {
    ok(&api.queues.whereabouts(&id).await?)
}
