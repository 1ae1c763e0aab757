//! Claims: what is in work, and where.

use axum::extract::State;
use serde::Deserialize;

use super::page::ok;
use super::{Answer, PathOf, Problem, QueryOf};
use crate::Shared;
use crate::auth::Admin;
use vconduit_base::names::{ClaimId, ListName};
use vconduit_engine::control::queues::{ClaimRow, Claims};

/// `?list=`
#[derive(Debug, Deserialize)]
pub struct OfList {
    list: Option<ListName>,
}

/// What is in work
///
/// On any host. The place in the chain is that of the last checkpoint: the run itself is as far or farther.
#[utoipa::path(
    get, path = "/claims", tag = "admin: queues",
    params(("list" = Option<String>, Query, description = "only those of this ingress list; it need not be in the configuration any more")),
    responses((status = 200, description = "the claims", body = Claims)),
)]
pub async fn get_claims(_: Admin, State(api): State<Shared>, QueryOf(of): QueryOf<OfList>) -> Answer {
    ok(&api.queues.claims(of.list).await?)
}

/// Take an entry away from its worker
///
/// It goes back to the head of its list with its last checkpoint. The worker that holds it, should it still be alive, can't write
/// anything any more. What a link did outside since the checkpoint is done again.
#[utoipa::path(
    post, path = "/claims/{id}/requeue", tag = "admin: queues",
    params(
        ("id" = String, Path, description = "the claim"),
        ("list" = Option<String>, Query, description = "its ingress list, if that is not in the configuration any more"),
    ),
    responses(
        (status = 200, description = "the claim as it was", body = ClaimRow),
        (status = 404, description = "there is no such claim: the run has ended", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn requeue_claim(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(id): PathOf<ClaimId>,
    QueryOf(of): QueryOf<OfList>,
) -> Answer {
    ok(&api.queues.requeue(&id, of.list, &actor).await?)
}
