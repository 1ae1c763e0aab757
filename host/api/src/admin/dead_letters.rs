//! Dead letters, one by one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::Page;
use super::{Admin, PathOf, ProblemDocument, QueryOf, Reply};
use crate::Shared;
use crate::edge::measure::Source;
use crate::edge::reply::{self, Json};
use vcon_document::VconId;
use vconduit_admin_types::{DeadLetters, Retried};
use vconduit_base::names::ListName;

/// List dead letters
///
/// With their records. `storage:<name>` in place of an ingress list stands for vCons that a storage
/// did not accept.
#[utoipa::path(
    get, path = "/dlq/{list}", tag = "admin: queues",
    params(("list" = String, Path, description = "ingress list, without `DLQ:`; or `storage:<name>`"), Page),
    responses((status = 200, description = "the dead letters, the oldest first", body = DeadLetters)),
)]
pub async fn get_dead_letters(
    _: Admin,
    State(api): State<Shared>,
    PathOf(list): PathOf<ListName>,
    QueryOf(page): QueryOf<Page>,
) -> Reply<Json<DeadLetters>> {
    let limit = page.limit()?;
    Ok(Json(api.queues.dead_letters(&list, page.offset, limit).await?))
}

/// The way in which a dead letter is tried again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Versions of links to run instead of the active ones: link → digest, or the first six digits
    /// of it or more.
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

impl Retry {
    /// Reads a body that may be absent.
    fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, ProblemDocument> {
        let body = body.map_err(|rejection| ProblemDocument::invalid(rejection.body_text()))?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        // By way of a map: a struct could also be read from an array.
        let read = serde_json::from_slice::<Map<String, Value>>(&body)
            .and_then(|members| serde_json::from_value(members.into()));
        read.map_err(|error| {
            ProblemDocument::invalid(format!("the body is not a retry: {error}"))
                .fix("send nothing, or {\"versions\": {\"<link>\": \"<digest>\"}}")
        })
    }
}

/// Retry a dead letter
///
/// Moves it to the tail of its ingress list. It goes through the whole chain, with the vCon as it
/// is now.
#[utoipa::path(
    post, path = "/dlq/{list}/{uuid}/retry", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "ingress list, without `DLQ:`"),
        ("uuid" = String, Path, description = "id of the vCon"),
    ),
    request_body(content = Option<Retry>, description = "versions of links to run; may be left out"),
    responses(
        (status = 200, description = "the list that it is on again, and the versions that it runs with", body = Retried),
        (status = 404, description = "there is no such dead letter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "it can't go back, or not with these versions", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn retry_dead_letter(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
    body: Result<Bytes, BytesRejection>,
) -> Reply<Json<Retried>> {
    let retry = Retry::read(body)?;
    let retried = api.queues.retry(&list, &id, retry.versions, &actor).await?;
    api.enqueued.add(&list, Source::DeadLetters, 1);
    Ok(Json(retried))
}

/// Delete a dead letter
///
/// With its record, which the audit log keeps. The vCon stays.
#[utoipa::path(
    delete, path = "/dlq/{list}/{uuid}", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "ingress list, without `DLQ:`; or `storage:<name>`"),
        ("uuid" = String, Path, description = "id of the vCon"),
    ),
    responses(
        (status = 204, description = "the dead letter is deleted"),
        (status = 404, description = "there is no such dead letter", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn drop_dead_letter(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
) -> Reply {
    api.queues.drop_dead_letter(&list, &id, &actor).await?;
    Ok(reply::empty())
}
