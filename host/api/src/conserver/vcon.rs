//! `/vcon`: one document at a time, and the listing.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::fault::both;
use super::measure::{self, Source};
use super::payload::KeyedBody;
use super::query::{Query, Segment, path_uuid};
use super::schemas::Vcon;
use super::{Answer, ApiError, Shared, reply, trace_context};
use crate::auth::Keyed;
use vcon_document::{Document, EgressFormat, Text, VconId};
use vconduit_base::names::ListName;

/// List vCons
///
/// Ids of stored vCons by `created_at`, newest first.
#[utoipa::path(
    get, path = "/vcon", tag = "vcon",
    params(
        ("page" = Option<i64>, Query, description = "page, from 1; default 1"),
        ("size" = Option<i64>, Query, description = "ids on a page, default 50; negative: all"),
        ("since" = Option<String>, Query, description = "no older than this (ISO 8601 or Unix time)"),
        ("until" = Option<String>, Query, description = "no newer than this (ISO 8601 or Unix time)"),
    ),
    responses((status = 200, description = "ids", body = Vec<String>)),
)]
pub async fn get_vcons_uuids(_: Keyed, State(api): State<Shared>, query: Query) -> Answer {
    let pages = both(query.int("page", 1), query.int("size", 50));
    let times = both(query.seconds("since"), query.seconds("until"));
    let ((page, size), (since, until)) = both(pages, times)?;
    let ids = api.documents.list(since, until, page, size).await?;
    Ok(reply::json(StatusCode::OK, &ids))
}

/// Store a vCon
///
/// Checks a vCon, stores it (over one with the same uuid), and appends its id to the ingress lists, all in one step.
/// Answers the document as it is stored.
#[utoipa::path(
    post, path = "/vcon", tag = "vcon",
    params(("ingress_lists" = Option<Vec<String>>, Query, description = "lists to append the id to; may be repeated")),
    request_body = Vcon,
    responses((status = 201, description = "the stored vCon; `Location` names it", body = Vcon)),
)]
pub async fn post_vcon(
    State(api): State<Shared>,
    headers: HeaderMap,
    query: Query,
    KeyedBody(payload): KeyedBody,
) -> Answer {
    let (lists, ingested) = both(query.lists("ingress_lists"), payload.vcon().await)?;
    let context = trace_context::of(&headers);
    let created = api.documents.create(&ingested, &lists, context).await;
    let text = created.map_err(|error| ApiError::Store("Failed to store vCon", error))?;
    count(&api, &lists, Source::New);
    let mut answer = reply::document(StatusCode::CREATED, text);
    // The only place where a client learns the id of a signed or encrypted vCon, which has it out of sight.
    if let Ok(location) = HeaderValue::try_from(format!("/vcon/{}", ingested.id)) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}

/// Counts the ids that a new vCon put on lists.
pub(super) fn count(api: &Shared, lists: &[ListName], source: Source) {
    for list in lists {
        measure::enqueued(api, list, source, 1);
    }
}

/// Get a vCon
///
/// From the working store, else from the first storage that has it.
#[utoipa::path(
    get, path = "/vcon/{vcon_uuid}", tag = "vcon",
    params(("vcon_uuid" = uuid::Uuid, Path, description = "any spelling of the UUID")),
    responses(
        (status = 200, description = "the vCon", body = Vcon),
        (status = 404, description = "there is none", body = super::schemas::Refusal),
    ),
)]
pub async fn get_vcon(_: Keyed, State(api): State<Shared>, Segment(uuid): Segment) -> Answer {
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
/// From the working store and from every storage that can delete. Good also when there is none.
#[utoipa::path(
    delete, path = "/vcon/{vcon_uuid}", tag = "vcon",
    params(("vcon_uuid" = uuid::Uuid, Path, description = "any spelling of the UUID")),
    responses((status = 204, description = "it is gone")),
)]
pub async fn delete_vcon(_: Keyed, State(api): State<Shared>, Segment(uuid): Segment) -> Answer {
    let id = path_uuid("vcon_uuid", &uuid)?;
    api.documents.delete(&id).await?;
    Ok(reply::empty())
}

/// GET and DELETE on `/vcon/ingress` and its like: the Conserver takes the last part for the uuid of a vCon.
pub async fn not_a_uuid(_: Keyed, request: axum::extract::Request) -> Result<Response, ApiError> {
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    path_uuid("vcon_uuid", last)?;
    Err(ApiError::NotFound("vCon not found"))
}

/// A document's text as it leaves by GET, in the deployment's format.
pub(super) fn leaving(format: EgressFormat, id: &VconId, text: Text) -> Text {
    if format == EgressFormat::AsStored {
        return text;
    }
    match Document::parse(text.clone()) {
        Ok(document) => format.apply(&document),
        Err(error) => {
            tracing::warn!(vcon = %id, %error, "answered as stored: the store holds something that is no document");
            text
        }
    }
}
