//! `/admin/v1/links/{name}/versions`: upload, inspect, activate and delete versions.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use super::upload::{Component, ComponentBytes, ComponentReference, component};
use super::{Admin, PathOf, ProblemDocument, QueryOf, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{Switched, UploadedVersion, VersionDeleted, VersionDetail, VersionList};
use vconduit_base::names::LinkName;
use vconduit_engine::control::links::Upload;

const WASM: HeaderValue = HeaderValue::from_static("application/wasm");

/// Characters of a note that are kept.
const MAX_NOTE_CHARS: usize = 1000;

/// Parameters of an upload.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadParameters {
    /// Activate the version at once, unless it is held.
    #[serde(default)]
    activate: bool,
    /// Note about the version, for people; up to 1,000 characters are kept.
    #[serde(default)]
    note: String,
}

/// Upload a version
///
/// The component itself (`application/wasm`), or a JSON object with a reference to a registry.
/// Checked in this order, each check with a problem document of its own: size, signature, form,
/// world, imports, compilation, `describe`. The same bytes again are the same version.
#[utoipa::path(
    post, path = "/links/{name}/versions", tag = "admin: links",
    params(
        ("name" = String, Path, description = "name of the link"),
        UploadParameters,
        ("x-vconduit-signature" = Option<String>, Header, description = "text of a `.minisig` file, in base64"),
    ),
    request_body(
        content((ComponentReference = "application/json"), (ComponentBytes = "application/wasm")),
        description = "the component, or a reference to it",
    ),
    responses(
        (status = 200, description = "the version, which is active, held or waiting", body = UploadedVersion),
        (status = 409, description = "the link has too many versions", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "the component is too large", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "the body is not a component", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 502, description = "the registry did not return the component", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn post_version(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    QueryOf(parameters): QueryOf<UploadParameters>,
    headers: HeaderMap,
    body: Body,
) -> Reply<Json<UploadedVersion>> {
    let name = LinkName::new(name)?;
    let Component { bytes, signature } = component(&api, &headers, body).await?;
    let upload = Upload {
        note: parameters.note.chars().take(MAX_NOTE_CHARS).collect(),
        signature,
        activate: parameters.activate,
    };
    Ok(Json(api.links.upload(&name, bytes, upload, &actor).await?))
}

/// List versions of a link
///
/// The latest upload first.
#[utoipa::path(
    get, path = "/links/{name}/versions", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    responses(
        (status = 200, description = "the versions", body = VersionList),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_versions(
    _: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
) -> Reply<Json<VersionList>> {
    Ok(Json(api.links.versions(&LinkName::new(name)?).await?))
}

/// Get a version
///
/// With the facts about its component that were found at the upload.
#[utoipa::path(
    get, path = "/links/{name}/versions/{digest}", tag = "admin: links",
    params(
        ("name" = String, Path, description = "name of the link"),
        ("digest" = String, Path, description = "digest of the version, or the first six digits of it or more"),
    ),
    responses(
        (status = 200, description = "the version", body = VersionDetail),
        (status = 404, description = "there is no such link or version", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_version(
    _: Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Reply<Json<VersionDetail>> {
    Ok(Json(api.links.version(&LinkName::new(name)?, &digest).await?))
}

/// Download a component
///
/// The bytes of a version, as they were uploaded.
#[utoipa::path(
    get, path = "/links/{name}/versions/{digest}/component", tag = "admin: links",
    params(
        ("name" = String, Path, description = "name of the link"),
        ("digest" = String, Path, description = "digest of the version, or the first six digits of it or more"),
    ),
    responses(
        (status = 200, description = "the component", body = ComponentBytes, content_type = "application/wasm"),
        (status = 404, description = "there is no such link or version", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_component(
    _: Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Reply {
    let bytes = api.links.component(&LinkName::new(name)?, &digest).await?;
    let mut response: Response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, WASM);
    Ok(response)
}

/// Delete a version
///
/// Refused for the active version.
#[utoipa::path(
    delete, path = "/links/{name}/versions/{digest}", tag = "admin: links",
    params(
        ("name" = String, Path, description = "name of the link"),
        ("digest" = String, Path, description = "digest of the version, or the first six digits of it or more"),
    ),
    responses(
        (status = 200, description = "the version is deleted", body = VersionDeleted),
        (status = 404, description = "there is no such link or version", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "the version is active", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn delete_version(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Reply<Json<VersionDeleted>> {
    let name = LinkName::new(name)?;
    Ok(Json(api.links.remove_version(&name, &digest, &actor).await?))
}

/// Activate a version
///
/// On all hosts. The response comes when every live host runs the version, or names those that did
/// not confirm in time. Runs in work end with the version that they began with.
#[utoipa::path(
    post, path = "/links/{name}/versions/{digest}/activate", tag = "admin: links",
    params(
        ("name" = String, Path, description = "name of the link"),
        ("digest" = String, Path, description = "digest of the version, or the first six digits of it or more"),
    ),
    responses(
        (status = 200, description = "the version is active", body = Switched),
        (status = 404, description = "there is no such link or version", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "the version is held", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn activate(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Reply<Json<Switched>> {
    Ok(Json(api.links.activate(&LinkName::new(name)?, &digest, &actor).await?))
}

/// Roll back a link
///
/// Activates the version, or the component of the configuration, that was active before.
#[utoipa::path(
    post, path = "/links/{name}/rollback", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    responses(
        (status = 200, description = "the version before is active", body = Switched),
        (status = 404, description = "there is no such link", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "no other version was active before", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn roll_back(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
) -> Reply<Json<Switched>> {
    Ok(Json(api.links.roll_back(&LinkName::new(name)?, &actor).await?))
}
