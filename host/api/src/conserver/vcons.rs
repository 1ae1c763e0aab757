//! `/vcons` and `/index_vcons`: several vCons at once.

use axum::extract::State;
use http::StatusCode;

use super::query::Query;
use super::schemas::Vcon;
use super::{ApiError, Authorized, Reply, vcon};
use crate::Shared;
use crate::edge::reply::{self, Json, Refusal};
use vcon_document::index::IndexKind;

/// Get several vCons
///
/// In the order of the parameters, with `null` where there is no such vCon.
#[utoipa::path(
    get, path = "/vcons", tag = "vcon",
    params(("vcon_uuids" = Vec<uuid::Uuid>, Query, description = "id of a vCon; repeated for each")),
    responses((status = 200, description = "the vCons", body = Vec<Option<Vcon>>)),
)]
pub async fn get_vcons(_: Authorized, State(api): State<Shared>, query: Query) -> Reply {
    let ids = query.uuids("vcon_uuids")?;
    let found = api.documents.get_many(&ids).await?;
    let mut body = String::from("[");
    for (at, (id, text)) in ids.iter().zip(found).enumerate() {
        if at > 0 {
            body.push(',');
        }
        match text {
            Some(text) => body.push_str(&vcon::leaving(api.settings.egress, id, text)),
            None => body.push_str("null"),
        }
    }
    body.push(']');
    Ok(reply::text(StatusCode::OK, body))
}

/// Search vCons by party
///
/// Ids of the vCons that have every given value, each exactly as a party of the vCon has it. In no
/// particular order. At least one parameter is needed.
#[utoipa::path(
    get, path = "/vcons/search", tag = "vcon",
    params(
        ("tel" = Option<String>, Query, description = "`tel` of a party; write `+` as `%2B`"),
        ("mailto" = Option<String>, Query, description = "`mailto` of a party"),
        ("name" = Option<String>, Query, description = "`name` of a party"),
    ),
    responses(
        (status = 200, description = "ids of vCons", body = Vec<String>),
        (status = 400, description = "the request has no parameter", body = Refusal),
    ),
)]
pub async fn search_vcons(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<Vec<String>>> {
    let kinds = [IndexKind::Tel, IndexKind::Mailto, IndexKind::Name];
    let given: Vec<_> = kinds
        .iter()
        .filter_map(|kind| Some((*kind, query.text(kind.as_str())?.to_owned())))
        .collect();
    if given.is_empty() {
        return Err(ApiError::BadRequest("At least one search parameter must be provided"));
    }
    // An empty value counts as a parameter and is true of every party.
    let terms: Vec<_> = given.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let found = api.documents.search(&terms).await;
    let ids = found.map_err(|error| ApiError::Store("An error occurred during the search", error))?;
    Ok(Json(ids))
}

/// Index all vCons
///
/// Adds every stored vCon to the listing and to the indexes of parties. Returns the number of
/// vCons.
#[utoipa::path(
    get, path = "/index_vcons", tag = "config",
    responses((status = 200, description = "number of stored vCons", body = u64, content_type = "application/json")),
)]
pub async fn index_vcons(_: Authorized, State(api): State<Shared>) -> Reply<Json<u64>> {
    Ok(Json(api.documents.reindex().await?))
}
