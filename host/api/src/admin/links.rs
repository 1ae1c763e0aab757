//! `/admin/v1/links`: links, and their grants, limits and options.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Admin, Body, PathOf, ProblemDocument, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{Granted, LinkDeleted, LinkDetail, LinkList, SettingChanged};
use vconduit_base::names::LinkName;
use vconduit_engine::control::links::{Setting, SettingKind};

/// List links
///
/// Links of the configuration and uploaded links, by name.
#[utoipa::path(
    get, path = "/links", tag = "admin: links",
    responses((status = 200, description = "the links", body = LinkList)),
)]
pub async fn get_links(_: Admin, State(api): State<Shared>) -> Reply<Json<LinkList>> {
    Ok(Json(api.links.list().await?))
}

/// Get a link
///
/// Its active version, all its versions, its grants, limits and options, and its use on this host
/// since the start of the host.
#[utoipa::path(
    get, path = "/links/{name}", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    responses(
        (status = 200, description = "the link", body = LinkDetail),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_link(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Reply<Json<LinkDetail>> {
    let mut link = api.links.detail(&LinkName::new(name)?).await?;
    link.usage = api.stats.rows().into_iter().find(|row| row.name == link.name);
    Ok(Json(link))
}

/// Delete a link
///
/// With all its versions. Refused while a chain uses it.
#[utoipa::path(
    delete, path = "/links/{name}", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    responses(
        (status = 200, description = "the link is deleted", body = LinkDeleted),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "a chain uses the link, or it has no uploaded version", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn delete_link(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
) -> Reply<Json<LinkDeleted>> {
    Ok(Json(api.links.remove(&LinkName::new(name)?, &actor).await?))
}

/// Grants of a version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// The version, as its digest or the first six digits of it or more; by default the active one,
    /// else the latest.
    digest: Option<String>,
    /// The grants, in the shape of the configuration file.
    grants: Map<String, Value>,
}

/// Set the grants of a version
///
/// A held version can be activated from then on. Grants belong to one version: a later version that
/// needs more is held.
#[utoipa::path(
    put, path = "/links/{name}/grants", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    request_body = GrantRequest,
    responses(
        (status = 200, description = "the grants are set", body = Granted),
        (status = 404, description = "there is no such link or version", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "the configuration defines the link and its grants", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn put_grants(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(request): Body<GrantRequest>,
) -> Reply<Json<Granted>> {
    let (name, digest) = (LinkName::new(name)?, request.digest.as_deref());
    Ok(Json(api.links.grant(&name, digest, request.grants, &actor).await?))
}

/// Set the limits of a link
///
/// In place of those of the configuration; `null` takes those again. Each limit has a ceiling.
#[utoipa::path(
    put, path = "/links/{name}/limits", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    request_body(content = Option<Map<String, Value>>, description = "the limits, in the shape of the configuration file"),
    responses(
        (status = 200, description = "the limits are set", body = SettingChanged),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn put_limits(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(value): Body<Option<Map<String, Value>>>,
) -> Reply<Json<SettingChanged>> {
    set(&admin, &api, name, SettingKind::Limits, value).await
}

/// Set the options of a link
///
/// In place of those of the configuration; `null` takes those again. They have to fit the schema of
/// the active version.
#[utoipa::path(
    put, path = "/links/{name}/options", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    request_body(content = Option<Map<String, Value>>, description = "the options; their schema is that of the component"),
    responses(
        (status = 200, description = "the options are set", body = SettingChanged),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn put_options(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(value): Body<Option<Map<String, Value>>>,
) -> Reply<Json<SettingChanged>> {
    set(&admin, &api, name, SettingKind::Options, value).await
}

async fn set(
    Admin(actor): &Admin,
    api: &Shared,
    name: String,
    kind: SettingKind,
    value: Option<Map<String, Value>>,
) -> Reply<Json<SettingChanged>> {
    let setting = Setting { kind, value };
    Ok(Json(api.links.set(&LinkName::new(name)?, setting, actor).await?))
}
