//! `/admin/v1/storages`.

use axum::extract::State;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::member::{self, Change};
use super::{Admin, Body, PathOf, ProblemDocument, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{MemberChanged, Storages};
use vconduit_engine::control::configuration::Section;

/// List storages
///
/// All storages of the configuration in the working store. Secrets are masked.
#[utoipa::path(
    get, path = "/storages", tag = "admin: configuration",
    responses((status = 200, description = "the storages", body = Storages)),
)]
pub async fn get_storages(_: Admin, State(api): State<Shared>) -> Reply<Json<Storages>> {
    Ok(Json(api.configuration.storages().await?))
}

/// Get a storage
///
/// In the shape of the configuration file. Secrets are masked.
#[utoipa::path(
    get, path = "/storages/{name}", tag = "admin: configuration",
    params(("name" = String, Path, description = "name of the storage")),
    responses(
        (status = 200, description = "the storage", body = Map<String, Value>,
            headers(("etag" = String, description = "state of the storage, for `If-Match`"))),
        (status = 404, description = "there is no such storage", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_storage(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Reply {
    member::show(&api, Section::Storages, &name).await
}

/// Set a storage
///
/// Adds or replaces a storage. A mask stands for the secret that is at its place now. The
/// configuration with the storage is checked as a whole, and refused when it can't run on this
/// host.
#[utoipa::path(
    put, path = "/storages/{name}", tag = "admin: configuration",
    params(
        ("name" = String, Path, description = "name of the storage"),
        ("If-Match" = Option<String>, Header, description = "ETag of the state that the change is for; `*` for any"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is no such storage yet"),
    ),
    request_body(content = Map<String, Value>, description = "the storage, in the shape of the configuration file"),
    responses(
        (status = 200, description = "the storage is set", body = MemberChanged,
            headers(("etag" = String, description = "new state of the storage"))),
        (status = 412, description = "the storage is in another state", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn put_storage(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Body(value): Body<Map<String, Value>>,
) -> Reply {
    let change = Change {
        section: Section::Storages,
        name: &name,
        headers: &headers,
        value: Some(value),
    };
    member::change(&api, &admin, change).await
}

/// Delete a storage
///
/// Refused while a chain names it. The storage keeps its vCons.
#[utoipa::path(
    delete, path = "/storages/{name}", tag = "admin: configuration",
    params(
        ("name" = String, Path, description = "name of the storage"),
        ("If-Match" = Option<String>, Header, description = "ETag of the state that the change is for; `*` for any"),
    ),
    responses(
        (status = 200, description = "the storage is deleted", body = MemberChanged),
        (status = 404, description = "there is no such storage", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "the storage is in another state", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn delete_storage(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Reply {
    let change = Change {
        section: Section::Storages,
        name: &name,
        headers: &headers,
        value: None,
    };
    member::change(&api, &admin, change).await
}
