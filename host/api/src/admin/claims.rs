//! Claims: runs in work, and the hosts that they are on.

use axum::extract::State;
use serde::Deserialize;

use super::{Admin, PathOf, ProblemDocument, QueryOf, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{ClaimRow, Claims};
use vconduit_base::names::{ClaimId, ListName};

/// The ingress list of claims.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfList {
    /// Ingress list of the claims; by default all lists of the configuration. A list that is not in
    /// the configuration any more has to be named.
    #[param(value_type = Option<String>)]
    list: Option<ListName>,
}

/// List claims
///
/// Runs in work on all hosts. The place in the chain is that of the last checkpoint. The run itself
/// is there or further.
#[utoipa::path(
    get, path = "/claims", tag = "admin: queues", params(OfList),
    responses((status = 200, description = "the claims", body = Claims)),
)]
pub async fn get_claims(_: Admin, State(api): State<Shared>, QueryOf(of): QueryOf<OfList>) -> Reply<Json<Claims>> {
    Ok(Json(api.queues.claims(of.list).await?))
}

/// Requeue a claim
///
/// Takes an entry away from its worker. The entry goes back to the head of its list with its last
/// checkpoint. The worker can't write anything for it any more. Effects outside since the
/// checkpoint happen again.
#[utoipa::path(
    post, path = "/claims/{id}/requeue", tag = "admin: queues",
    params(("id" = String, Path, description = "id of the claim"), OfList),
    responses(
        (status = 200, description = "the claim as it was", body = ClaimRow),
        (status = 404, description = "there is no such claim: the run has ended", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn requeue_claim(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(id): PathOf<ClaimId>,
    QueryOf(of): QueryOf<OfList>,
) -> Reply<Json<ClaimRow>> {
    Ok(Json(api.queues.requeue(&id, of.list, &actor).await?))
}
