//! `/vcon/external-ingress`: partners, each with keys for lists of their own.

use axum::extract::{Request, State};

use super::body::Bound;
use super::fault::both;
use super::measure::Source;
use super::payload::{Payload, UNKEYED_LIMIT};
use super::query::Query;
use super::schemas::Vcon;
use super::{Answer, ApiError, Shared, reply, trace_context, vcon};

/// Store a vCon of a partner
///
/// With a key of the list (`ingress_auth` in the configuration), in the same header as other keys. Keys of the API don't
/// open it. Stores the vCon and appends its id to the list, in one step.
#[utoipa::path(
    post, path = "/vcon/external-ingress", tag = "external",
    params(("ingress_list" = String, Query, description = "the partner's list")),
    request_body = Vcon,
    responses(
        (status = 204, description = "stored and queued"),
        (status = 403, description = "no key of this list", body = super::schemas::Refusal),
    ),
)]
pub async fn external_ingress_vcon(State(api): State<Shared>, query: Query, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let list = query.list("ingress_list");
    let snapshot = api.live.load_full();
    let admitted = |list| api.keys.admit_partner(&head.headers, &snapshot, list);
    // The check of the document comes before that of the key, but what a stranger sends is read only as far as the limit.
    let bound = match list.as_ref().map(admitted) {
        Ok(Err(refusal)) => Bound {
            limit: UNKEYED_LIMIT,
            over: refusal,
        },
        Ok(Ok(())) => Bound::full(&api),
        Err(_) => Bound {
            limit: UNKEYED_LIMIT,
            over: list.clone().err().unwrap_or_default().into(),
        },
    };
    let payload = Payload::read(&api, &head.headers, body, bound).await?;
    let (list, ingested) = both(list, payload.vcon().await)?;
    api.keys.admit_partner(&head.headers, &snapshot, &list)?;
    let lists = [list];
    let created = api
        .documents
        .create(&ingested, &lists, trace_context::of(&head.headers))
        .await;
    created.map_err(|error| ApiError::Store("Failed to store vCon", error))?;
    vcon::count(&api, &lists, Source::External);
    Ok(reply::empty())
}
