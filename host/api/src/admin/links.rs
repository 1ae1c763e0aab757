//! `/admin/v1/links`: what there is, and what was set for it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::ok;
use super::{Answer, Body, PathOf, Problem};
use crate::Shared;
use crate::auth::Admin;
use vconduit_base::names::LinkName;
use vconduit_engine::control::links::{
    Granted, LinkDeleted, LinkDetail, LinkList, Setting, SettingChanged, SettingKind,
};
use vconduit_engine::figures::stats::LinkRow;

/// One link, with what it has used on this host since the host started.
#[derive(Serialize, ToSchema)]
struct LinkShown {
    #[serde(flatten)]
    link: LinkDetail,
    /// Absent (null) while it has not run here.
    usage: Option<LinkRow>,
}

/// Links
///
/// Those of the configuration and those that were uploaded, by name.
#[utoipa::path(get, path = "/links", tag = "links", responses((status = 200, body = LinkList)))]
pub async fn get_links(_: Admin, State(api): State<Shared>) -> Answer {
    ok(&api.links.list().await?)
}

/// One link
///
/// What is in force, its versions, and what it has used on this host since the host started.
#[utoipa::path(get, path = "/links/{name}", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = LinkShown), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn get_link(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    let link = api.links.detail(&LinkName::new(name)?).await?;
    let usage = api.stats.rows().into_iter().find(|row| row.name == link.name);
    ok(&LinkShown { link, usage })
}

/// Delete a link
///
/// With all its versions. Refused while a chain uses it.
#[utoipa::path(delete, path = "/links/{name}", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = LinkDeleted), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn delete_link(Admin(actor): Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    ok(&api.links.remove(&LinkName::new(name)?, &actor).await?)
}

/// What a version may reach.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// The version, or the first six or more digits of it; absent: the active one, else the latest.
    digest: Option<String>,
    /// As in the configuration.
    #[schema(value_type = Object)]
    grants: Map<String, Value>,
}

/// Decide what a version may reach
///
/// A version that was held can be activated from then on. Grants belong to this version: a later one that needs more is held.
#[utoipa::path(put, path = "/links/{name}/grants", tag = "links", params(("name" = String, Path)), request_body = Grants,
    responses((status = 200, body = Granted)))]
pub async fn put_grants(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(given): Body<Grants>,
) -> Answer {
    let (name, digest) = (LinkName::new(name)?, given.digest.as_deref());
    ok(&api.links.grant(&name, digest, given.grants, &actor).await?)
}

/// Set limits
///
/// In place of the configuration's; `null` takes those again. Each has a ceiling.
#[utoipa::path(put, path = "/links/{name}/limits", tag = "links", params(("name" = String, Path)), request_body = Object,
    responses((status = 200, body = SettingChanged)))]
pub async fn put_limits(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(value): Body<Option<Map<String, Value>>>,
) -> Answer {
    set(&admin, &api, name, SettingKind::Limits, value).await
}

/// Set options
///
/// In place of the configuration's; `null` takes those again. They have to fit the schema of the version in force.
#[utoipa::path(put, path = "/links/{name}/options", tag = "links", params(("name" = String, Path)), request_body = Object,
    responses((status = 200, body = SettingChanged)))]
pub async fn put_options(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(value): Body<Option<Map<String, Value>>>,
) -> Answer {
    set(&admin, &api, name, SettingKind::Options, value).await
}

async fn set(
    Admin(actor): &Admin,
    api: &Shared,
    name: String,
    kind: SettingKind,
    value: Option<Map<String, Value>>,
) -> Answer {
    let setting = Setting { kind, value };
    ok(&api.links.set(&LinkName::new(name)?, setting, actor).await?)
}
