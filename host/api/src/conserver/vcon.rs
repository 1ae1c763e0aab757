//! `/vcon`: one vCon at a time, and the listing.

use axum::extract::State;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::fault::both;
use super::query::{Query, path_uuid};
use super::schemas::Vcon;
use super::{ApiError, Authorized, AuthorizedBody, Reply};
use crate::Shared;
use crate::edge::measure::Source;
use crate::edge::reply::{self, Json, Refusal};
use crate::edge::segment::Segment;
use crate::edge::trace_context;
use vcon_document::{Document, EgressFormat, Text, VconId};
use vconduit_base::names::ListName;

/// List vCons
///
/// Ids of stored vCons by `created_at`, the newest first.
#[utoipa::path(
    get, path = "/vcon", tag = "vcon",
    params(
        ("page" = Option<i64>, Query, description = "number of the page, from 1; 1 by default"),
        ("size" = Option<i64>, Query, description = "ids on a page, 50 by default; a negative number stands for all"),
        ("since" = Option<String>, Query, description = "earliest `created_at` (ISO 8601 or Unix time)"),
        ("until" = Option<String>, Query, description = "latest `created_at` (ISO 8601 or Unix time)"),
    ),
    responses((status = 200, description = "ids of vCons", body = Vec<String>)),
)]
pub async fn get_vcons_uuids(_: Authorized, State(api): State<Shared>, query: Query) -> Reply<Json<Vec<String>>> {
    let pages = both(query.int("page", 1), query.int("size", 50));
    let times = both(query.seconds("since"), query.seconds("until"));
    let ((page, size), (since, until)) = both(pages, times)?;
    Ok(Json(api.documents.list(since, until, page, size).await?))
}

/// Store a vCon
///
/// Checks a vCon, stores it (over one with the same uuid) and appends its id to the ingress lists,
/// all in one step. Returns the vCon as it is stored.
#[utoipa::path(
    post, path = "/vcon", tag = "vcon",
    params(("ingress_lists" = Option<Vec<String>>, Query, description = "a list to append the id to; may be repeated")),
    request_body = Vcon,
    responses((status = 201, description = "the stored vCon; the header `Location` has its path", body = Vcon)),
)]
pub async fn post_vcon(
    State(api): State<Shared>,
    headers: HeaderMap,
    query: Query,
    AuthorizedBody(payload): AuthorizedBody,
) -> Reply {
    let (lists, ingested) = both(query.lists("ingress_lists"), payload.vcon().await)?;
    api.admission.check(&lists)?;
    let context = trace_context::of(&headers);
    let created = api.documents.create(&ingested, &lists, context).await;
    let text = created.map_err(|error| ApiError::Store("Failed to store vCon", error))?;
    count(&api, &lists, Source::New);
    let mut response = reply::document(StatusCode::CREATED, text);
    // Only here a client can read the id of a signed or encrypted vCon.
    if let Ok(location) = HeaderValue::try_from(format!("/vcon/{}", ingested.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Counts the lists that the id of a new vCon was appended to.
pub(super) fn count(api: &Shared, lists: &[ListName], source: Source) {
    for list in lists {
        api.enqueued.add(list, source, 1);
    }
}

/// Get a vCon
///
/// From the working store, else from the first storage that has the vCon.
#[utoipa::path(
    get, path = "/vcon/{vcon_uuid}", tag = "vcon",
    params(("vcon_uuid" = uuid::Uuid, Path, description = "any spelling of the UUID")),
    responses(
        (status = 200, description = "the vCon", body = Vcon),
        (status = 404, description = "there is no such vCon", body = Refusal),
    ),
)]
pub async fn get_vcon(_: Authorized, State(api): State<Shared>, Segment(uuid): Segment) -> Reply {
    let id = path_uuid("vcon_uuid", &uuid)?;
    let text = api
        .documents
        .get(&id)
        .await?
        .ok_or(ApiError::NotFound("vCon not found"))?;
    Ok(reply::document(StatusCode::OK, leaving(api.settings.egress, &id, text)))
}

/// Delete a vCon
///
/// From the working store and from every storage that can delete. Succeeds also when there is no
/// such vCon.
#[utoipa::path(
    delete, path = "/vcon/{vcon_uuid}", tag = "vcon",
    params(("vcon_uuid" = uuid::Uuid, Path, description = "any spelling of the UUID")),
    responses((status = 204, description = "there is no such vCon any more")),
)]
pub async fn delete_vcon(_: Authorized, State(api): State<Shared>, Segment(uuid): Segment) -> Reply {
    let id = path_uuid("vcon_uuid", &uuid)?;
    api.documents.delete(&id).await?;
    Ok(reply::empty())
}

/// GET and DELETE of `/vcon/ingress` and similar paths: the Conserver takes the last part for the
/// uuid of a vCon.
pub async fn not_a_uuid(_: Authorized, request: axum::extract::Request) -> Reply {
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    path_uuid("vcon_uuid", last)?;
    Err(ApiError::NotFound("vCon not found"))
}

/// The text of a document as GET returns it, in the format of the deployment.
pub(super) fn leaving(format: EgressFormat, id: &VconId, text: Text) -> Text {
    if format == EgressFormat::AsStored {
        return text;
    }
    match Document::parse(text.clone()) {
        Ok(document) => format.apply(&document),
        Err(error) => {
            tracing::warn!(vcon = %id, %error, "returned as it is stored: the store holds something that is no document");
            text
        }
    }
}
