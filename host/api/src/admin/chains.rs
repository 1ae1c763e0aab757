//! `/admin/v1/chains`, and the check of a whole configuration.

use axum::extract::State;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::member::{self, Change};
use super::{Admin, Body, PathOf, ProblemDocument, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{Chains, MemberChanged, Validation};
use vconduit_engine::control::configuration::Section;

/// List chains
///
/// All chains of the configuration in the working store.
#[utoipa::path(
    get, path = "/chains", tag = "admin: configuration",
    responses((status = 200, description = "the chains", body = Chains)),
)]
pub async fn get_chains(_: Admin, State(api): State<Shared>) -> Reply<Json<Chains>> {
    Ok(Json(api.configuration.chains().await?))
}

/// Get a chain
///
/// In the shape of the configuration file.
#[utoipa::path(
    get, path = "/chains/{name}", tag = "admin: configuration",
    params(("name" = String, Path, description = "name of the chain")),
    responses(
        (status = 200, description = "the chain", body = Map<String, Value>,
            headers(("etag" = String, description = "state of the chain, for `If-Match`"))),
        (status = 404, description = "there is no such chain", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_chain(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Reply {
    member::show(&api, Section::Chains, &name).await
}

/// Set a chain
///
/// Adds or replaces a chain. The configuration with it is checked as a whole, and refused when it
/// can't run on this host.
#[utoipa::path(
    put, path = "/chains/{name}", tag = "admin: configuration",
    params(
        ("name" = String, Path, description = "name of the chain"),
        ("If-Match" = Option<String>, Header, description = "ETag of the state that the change is for; `*` for any"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is no such chain yet"),
    ),
    request_body(content = Map<String, Value>, description = "the chain, in the shape of the configuration file"),
    responses(
        (status = 200, description = "the chain is set", body = MemberChanged,
            headers(("etag" = String, description = "new state of the chain"))),
        (status = 412, description = "the chain is in another state", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn put_chain(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Body(value): Body<Map<String, Value>>,
) -> Reply {
    let change = Change {
        section: Section::Chains,
        name: &name,
        headers: &headers,
        value: Some(value),
    };
    member::change(&api, &admin, change).await
}

/// Delete a chain
///
/// Its lists keep their entries. Runs in work continue to their end.
#[utoipa::path(
    delete, path = "/chains/{name}", tag = "admin: configuration",
    params(
        ("name" = String, Path, description = "name of the chain"),
        ("If-Match" = Option<String>, Header, description = "ETag of the state that the change is for; `*` for any"),
    ),
    responses(
        (status = 200, description = "the chain is deleted", body = MemberChanged),
        (status = 404, description = "there is no such chain", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "the chain is in another state", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn delete_chain(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Reply {
    let change = Change {
        section: Section::Chains,
        name: &name,
        headers: &headers,
        value: None,
    };
    member::change(&api, &admin, change).await
}

/// Check a configuration
///
/// A whole configuration, as JSON in the shape of the configuration file. Uploaded links count as
/// defined. All problems are returned at once, and nothing is changed.
#[utoipa::path(
    post, path = "/config/validate", tag = "admin: configuration",
    request_body(content = Map<String, Value>, description = "the configuration, in the shape of the configuration file"),
    responses(
        (status = 200, description = "the configuration can run on this host", body = Validation),
        (status = 422, description = "the configuration has problems", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn validate(
    _: Admin,
    State(api): State<Shared>,
    Body(sent): Body<Map<String, Value>>,
) -> Reply<Json<Validation>> {
    Ok(Json(api.configuration.validate(&sent).await?))
}
