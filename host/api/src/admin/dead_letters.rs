//! Dead letters, one by one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::{Page, ok};
use super::{Answer, PathOf, Problem, QueryOf};
use crate::Shared;
use crate::auth::Admin;
use crate::edge::measure::{self, Source};
use crate::edge::reply;
use vcon_document::VconId;
use vconduit_base::names::ListName;
use vconduit_engine::control::queues::{DeadLetters, Retried};

/// Dead letters with their records
///
/// Of an ingress list; `storage:<name>` for vCons that a storage did not take.
#[utoipa::path(
    get, path = "/dlq/{list}", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`"),
        ("offset" = Option<u64>, Query, description = "how many to pass over"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "how many at most, default 100"),
    ),
    responses((status = 200, description = "the dead letters, the oldest first", body = DeadLetters)),
)]
pub async fn get_dead_letters(
    _: Admin,
    State(api): State<Shared>,
    PathOf(list): PathOf<ListName>,
    QueryOf(page): QueryOf<Page>,
) -> Answer {
    ok(&api.queues.dead_letters(&list, page.offset, page.limit()?).await?)
}

/// How a dead letter is to be tried again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Versions of links to run instead of the active ones: link → digest, or the first six digits of it or more.
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

impl Retry {
    /// From a body that may be absent.
    fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, Problem> {
        let body = body.map_err(|rejection| Problem::invalid(rejection.body_text()))?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        // By way of a map: a struct could also be read from an array.
        let read = serde_json::from_slice::<Map<String, Value>>(&body)
            .and_then(|members| serde_json::from_value(members.into()));
        read.map_err(|error| {
            Problem::invalid(format!("the body is not a retry: {error}"))
                .fix("send nothing, or {\"versions\": {\"<link>\": \"<digest>\"}}")
        })
    }
}

/// Try one dead letter again
///
/// It goes to the tail of its ingress list and through the whole chain, with the document as it is now.
#[utoipa::path(
    post, path = "/dlq/{list}/{uuid}/retry", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`"),
        ("uuid" = String, Path, description = "the vCon"),
    ),
    request_body = Option<Retry>,
    responses(
        (status = 200, description = "the list that it is on again, and the versions asked for", body = Retried),
        (status = 404, description = "there is no such dead letter", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it can't go back, or not with these versions", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn retry_dead_letter(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let retry = Retry::read(body)?;
    let retried = api.queues.retry(&list, &id, retry.versions, &actor).await?;
    measure::enqueued(&api, &list, Source::DeadLetters, 1);
    ok(&retried)
}

/// Remove one dead letter
///
/// With its record, which the audit log keeps. The document stays.
#[utoipa::path(
    delete, path = "/dlq/{list}/{uuid}", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`; or `storage:<name>`"),
        ("uuid" = String, Path, description = "the vCon"),
    ),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "there is no such dead letter", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn drop_dead_letter(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
) -> Answer {
    api.queues.drop_dead_letter(&list, &id, &actor).await?;
    Ok(reply::empty())
}
