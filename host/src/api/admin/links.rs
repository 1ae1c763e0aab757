//! `/admin/v1/links`: what there is, and what was set for it.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Answer, Body, Entry, PathOf, Problem};
use crate::api::{Shared, reply};
use crate::auth::Admin;
use crate::config::{LinkRecord, Version, mask, store_copy};
use crate::names::{Digest, LinkName};
use crate::registry::LinkError;
use crate::registry::links::{Setting, SettingKind};

/// A link in the list of all.
#[derive(Serialize, ToSchema)]
struct Listed {
    #[schema(value_type = String)]
    name: LinkName,
    /// The uploaded version in force; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    active: Option<Digest>,
    /// How many versions were uploaded.
    versions: usize,
    /// How many of them are held.
    held: usize,
    /// The chains that name it.
    used_by: Vec<String>,
}

/// Links
///
/// Those of the configuration and those that were uploaded, by name.
#[utoipa::path(get, path = "/links", tag = "links", responses((status = 200, body = Object)))]
pub async fn get_links(_: Admin, State(api): State<Shared>) -> Answer {
    let links = api.links.all().await?;
    let listed = links.into_iter().map(|(name, record)| Listed {
        used_by: api.links.used_by(&name),
        active: record.active,
        versions: record.versions.len(),
        held: record.versions.iter().filter(|version| version.held.is_some()).count(),
        name,
    });
    Ok(reply::json(
        StatusCode::OK,
        &json!({"links": listed.collect::<Vec<_>>()}),
    ))
}

/// One link
///
/// What is in force, its versions, and what it has used on this host since the host started.
#[utoipa::path(get, path = "/links/{name}", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn get_link(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    let name = LinkName::new(name)?;
    let (record, configured) = api.links.get(&name).await?;
    let (_, entries) = api.store.load_config().await?;
    let written = store_copy::to_written(&entries).unwrap_or_default();
    let own = written.get("links").and_then(|links| links.get(name.as_str()));
    let entry = record.over(own).unwrap_or_default();
    let usage = api.stats.rows().into_iter().find(|row| row.name == name);
    let running = api
        .live
        .load()
        .links
        .get(&name)
        .map(|ready| ready.component.digest.clone());
    let options = entry.get("options").and_then(Value::as_object).map(mask::mask);
    let LinkRecord {
        active, past, versions, ..
    } = record;
    let shown = json!({
        "name": name, "active": active, "running": running, "configured": configured, "past": past,
        "versions": newest_first(versions), "grants": entry.get("grants"), "limits": entry.get("limits"), "options": options,
        "used_by": api.links.used_by(&name), "usage": usage,
    });
    Ok(reply::json(StatusCode::OK, &shown))
}

/// The latest upload first.
pub(super) fn newest_first(mut versions: Vec<Version>) -> Vec<Version> {
    versions.reverse();
    versions
}

/// Delete a link
///
/// With all its versions. Refused while a chain uses it.
#[utoipa::path(delete, path = "/links/{name}", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = Object), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn delete_link(admin: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    let name = LinkName::new(name)?;
    let audited = |before, after| Entry::new(&admin, "link.delete", name.as_str(), before, after).told();
    api.links.remove(&name, &admin.name, &audited).await?;
    Ok(reply::json(StatusCode::OK, &json!({"name": name, "deleted": true})))
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
    responses((status = 200, body = Object)))]
pub async fn put_grants(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(given): Body<Grants>,
) -> Answer {
    let name = LinkName::new(name)?;
    let audited = |before, after| Entry::new(&admin, "link.grant", name.as_str(), before, after).told();
    let granted = api.links.grant(
        &name,
        given.digest.as_deref(),
        given.grants.clone(),
        &admin.name,
        &audited,
    );
    let (digest, confirmation) = granted.await?;
    let answer = json!({
        "name": name, "digest": digest, "grants": given.grants,
        "confirmed": confirmation.confirmed, "unconfirmed": confirmation.unconfirmed,
    });
    Ok(reply::json(StatusCode::OK, &answer))
}

/// Set limits
///
/// In place of the configuration's; `null` takes those again. Each has a ceiling.
#[utoipa::path(put, path = "/links/{name}/limits", tag = "links", params(("name" = String, Path)), request_body = Object,
    responses((status = 200, body = Object)))]
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
    responses((status = 200, body = Object)))]
pub async fn put_options(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(value): Body<Option<Map<String, Value>>>,
) -> Answer {
    set(&admin, &api, name, SettingKind::Options, value).await
}

async fn set(
    admin: &Admin,
    api: &Shared,
    name: String,
    kind: SettingKind,
    value: Option<Map<String, Value>>,
) -> Answer {
    let name = LinkName::new(name)?;
    let action = match kind {
        SettingKind::Options => "link.options",
        SettingKind::Limits => "link.limits",
    };
    let audited = |before, after| Entry::new(admin, action, name.as_str(), before, after).told();
    let confirmation = api.links.set(&name, Setting { kind, value }, &audited).await?;
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "name": name, "confirmed": confirmation.confirmed, "unconfirmed": confirmation.unconfirmed,
        }),
    ))
}

/// For handlers that answer with what a service says.
pub(super) fn done(result: Result<impl Serialize, LinkError>) -> Answer {
    Ok(reply::json(StatusCode::OK, &result?))
}
