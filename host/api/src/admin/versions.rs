//! `/admin/v1/links/{name}/versions`: upload, look at, put in force.

use std::time::Duration;

use axum::body::Body as RawBody;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::page::ok;
use super::{Answer, PathOf, Problem, QueryOf};
use crate::auth::Admin;
use crate::edge::body::{self, Bound};
use crate::{ApiError, Shared};
use vconduit_base::names::LinkName;
use vconduit_engine::control::links::{Switched, Upload, UploadedVersion, VersionDeleted, VersionDetail, VersionList};
use vconduit_oci::OciReference;
use vconduit_policy::signature::MAX_SIGNATURE_BYTES;

/// The text of a `.minisig` file, in base64.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-vconduit-signature");

const WASM: HeaderValue = HeaderValue::from_static("application/wasm");

/// The longest reference to a registry, as JSON.
const MAX_REFERENCE_BYTES: usize = 4096;

/// How much of a body that is too large is taken all the same: four times the largest component.
const MOST_DISCARDED_BYTES: usize = 256 << 20;

/// For how long.
const LONGEST_DISCARD: Duration = Duration::from_secs(10);

/// The longest note.
const MAX_NOTE_CHARS: usize = 1000;

/// How an upload is meant.
#[derive(Deserialize)]
pub struct How {
    /// Whether to put the version in force at once, unless it is held.
    #[serde(default)]
    activate: bool,
    /// About this version, for people.
    #[serde(default)]
    note: String,
}

/// Where a component is to be fetched from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// `host/repo:tag`, `host/repo@sha256:…` or both.
    oci: String,
}

/// Upload a version
///
/// The component itself (`application/wasm`), or a JSON object with the reference that it is fetched from. Checked in this order, each
/// check with a problem document of its own: size, signature, form, world, imports, compile, `describe`. The same bytes again are known.
#[utoipa::path(post, path = "/links/{name}/versions", tag = "links", params(("name" = String, Path),
        ("activate" = Option<bool>, Query, description = "put it in force at once, unless it is held"),
        ("note" = Option<String>, Query, description = "about this version, for people; 1,000 characters at most")),
    request_body(content((Reference = "application/json"), (Vec<u8> = "application/wasm"))),
    responses((status = 200, body = UploadedVersion), (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json")))]
pub async fn post_version(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    QueryOf(how): QueryOf<How>,
    headers: HeaderMap,
    body: RawBody,
) -> Answer {
    let name = LinkName::new(name)?;
    let (bytes, signature) = component(&api, &headers, body).await?;
    let upload = Upload {
        note: how.note.chars().take(MAX_NOTE_CHARS).collect(),
        signature,
        activate: how.activate,
    };
    ok(&api.links.upload(&name, bytes, upload, &actor).await?)
}

/// The bytes and their signature, from the request or from where it says.
async fn component(api: &Shared, headers: &HeaderMap, body: RawBody) -> Result<(Bytes, Option<String>), Problem> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let largest = api.links.registry().sandbox().component_bytes();
    let limit = if is_json {
        MAX_REFERENCE_BYTES
    } else {
        usize::try_from(largest).unwrap_or(usize::MAX)
    };
    if declared(headers).is_some_and(|length| length > limit) {
        discard(body).await;
        return Err(too_large(ApiError::TooLarge { limit }, limit));
    }
    let bound = Bound {
        limit,
        over: ApiError::TooLarge { limit },
    };
    let read = body::read(api, headers, body, bound)
        .await
        .map_err(|error| too_large(error, limit))?;
    if !is_json {
        return Ok((read.bytes, signature(headers)?));
    }
    let given: Reference = serde_json::from_slice(&read.bytes)
        .map_err(|error| Problem::invalid(error.to_string()).fix("send {\"oci\": \"host/repo:tag\"}"))?;
    let reference: OciReference = given.oci.parse()?;
    let pulled = api.oci.pull(&reference, largest).await?;
    Ok((pulled.bytes, signature(headers)?.or(pulled.signature)))
}

fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Takes the rest of a body that nobody wants, within reason: a client that is still sending would see a broken connection instead of
/// the answer.
async fn discard(mut body: RawBody) {
    let mut left = MOST_DISCARDED_BYTES;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // A client that is too slow sees the broken connection after all.
    let _ = tokio::time::timeout(LONGEST_DISCARD, reading).await;
}

fn too_large(error: ApiError, limit: usize) -> Problem {
    match error {
        ApiError::TooLarge { .. } => {
            let detail = format!("the component is longer than {limit} bytes, the limit component_bytes");
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "refused",
                "the component was refused",
                detail,
            )
            .fix("strip debug information")
            .with("step", "size")
        }
        other => other.into(),
    }
}

fn signature(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(SIGNATURE) else {
        return Ok(None);
    };
    let bad = || Problem::invalid(format!("{SIGNATURE} is not the base64 of a .minisig file"));
    if value.len() > MAX_SIGNATURE_BYTES * 2 {
        return Err(bad());
    }
    let text = STANDARD.decode(value.as_bytes()).map_err(|_| bad())?;
    String::from_utf8(text).map(Some).map_err(|_| bad())
}

/// Versions of a link
///
/// The latest upload first.
#[utoipa::path(get, path = "/links/{name}/versions", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = VersionList)))]
pub async fn get_versions(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    ok(&api.links.versions(&LinkName::new(name)?).await?)
}

/// One version
///
/// With what was found out about the component when it was uploaded.
#[utoipa::path(get, path = "/links/{name}/versions/{digest}", tag = "links",
    params(("name" = String, Path), ("digest" = String, Path)), responses((status = 200, body = VersionDetail)))]
pub async fn get_version(
    _: Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Answer {
    ok(&api.links.version(&LinkName::new(name)?, &digest).await?)
}

/// The component
///
/// Its bytes, as they were uploaded.
#[utoipa::path(get, path = "/links/{name}/versions/{digest}/component", tag = "links",
    params(("name" = String, Path), ("digest" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/wasm")))]
pub async fn get_component(
    _: Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Answer {
    let bytes = api.links.component(&LinkName::new(name)?, &digest).await?;
    let mut response: Response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, WASM);
    Ok(response)
}

/// Delete a version
///
/// Refused for the one in force.
#[utoipa::path(delete, path = "/links/{name}/versions/{digest}", tag = "links",
    params(("name" = String, Path), ("digest" = String, Path)),
    responses((status = 200, body = VersionDeleted), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn delete_version(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Answer {
    ok(&api.links.remove_version(&LinkName::new(name)?, &digest, &actor).await?)
}

/// Put a version in force
///
/// The answer comes when every live host runs it, or names those that did not confirm in time. What runs meanwhile ends on the version
/// that it began with.
#[utoipa::path(post, path = "/links/{name}/versions/{digest}/activate", tag = "links",
    params(("name" = String, Path), ("digest" = String, Path)),
    responses((status = 200, body = Switched), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn activate(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf((name, digest)): PathOf<(String, String)>,
) -> Answer {
    ok(&api.links.activate(&LinkName::new(name)?, &digest, &actor).await?)
}

/// Go back
///
/// To the version, or the configuration's own component, that was in force before.
#[utoipa::path(post, path = "/links/{name}/rollback", tag = "links", params(("name" = String, Path)),
    responses((status = 200, body = Switched), (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn roll_back(Admin(actor): Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    ok(&api.links.roll_back(&LinkName::new(name)?, &actor).await?)
}
