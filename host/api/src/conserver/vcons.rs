//! `/vcons` and `/index_vcons`: several documents at once.

use axum::extract::State;
use http::StatusCode;

use super::query::Query;
use super::schemas::Vcon;
use super::{Answer, ApiError, Shared, reply, vcon};
use crate::auth::Keyed;
use vcon_document::index::IndexKind;

/// Get several vCons
///
/// In the order asked, `null` where there is none.
#[utoipa::path(
    get, path = "/vcons", tag = "vcon",
    params(("vcon_uuids" = Vec<uuid::Uuid>, Query, description = "repeated for each vCon")),
    responses((status = 200, description = "the vCons", body = Vec<Option<Vcon>>)),
)]
pub async fn get_vcons(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
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

/// Search by party
///
/// Ids of the vCons that carry every value given, each exactly as a party of the vCon has it. In no order.
#[utoipa::path(
    get, path = "/vcons/search", tag = "vcon",
    params(
        ("tel" = Option<String>, Query, description = "a party's `tel`; write `+` as `%2B`"),
        ("mailto" = Option<String>, Query, description = "a party's `mailto`"),
        ("name" = Option<String>, Query, description = "a party's `name`"),
    ),
    responses(
        (status = 200, description = "ids", body = Vec<String>),
        (status = 400, description = "no parameter was given", body = super::schemas::Refusal),
    ),
)]
pub async fn search_vcons(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let kinds = [IndexKind::Tel, IndexKind::Mailto, IndexKind::Name];
    let given: Vec<_> = kinds
        .iter()
        .filter_map(|kind| Some((*kind, query.text(kind.as_str())?.to_owned())))
        .collect();
    if given.is_empty() {
        return Err(ApiError::BadRequest("At least one search parameter must be provided"));
    }
    // An empty value is a parameter, but says nothing about a party.
    let terms: Vec<_> = given.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let found = api.documents.search(&terms).await;
    let ids = found.map_err(|error| ApiError::Store("An error occurred during the search", error))?;
    Ok(reply::json(StatusCode::OK, &ids))
}

/// Index all vCons again
///
/// Adds every stored vCon to the listing and the party indexes. Answers how many there are.
#[utoipa::path(
    get, path = "/index_vcons", tag = "config",
    responses((status = 200, description = "the number of vCons", body = u64)),
)]
pub async fn index_vcons(_: Keyed, State(api): State<Shared>) -> Answer {
    let count = api.documents.reindex().await?;
    Ok(reply::json(StatusCode::OK, &count))
}
