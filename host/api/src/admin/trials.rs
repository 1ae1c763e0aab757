//! `/admin/v1/links/{name}/run`: trials of links.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Admin, Body, PathOf, ProblemDocument, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::TrialReport;
use vconduit_base::names::LinkName;
use vconduit_engine::control::{Trial, TrialError, TrialVcon};
use vconduit_sandbox::dry_run::{DryReport, DryRunError};

/// A trial of a link. Needs either `vcon` or `uuid`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryLink {
    /// The vCon to call the link with.
    vcon: Option<Map<String, Value>>,
    /// Id of a stored vCon to call the link with.
    uuid: Option<String>,
    /// Options in place of the link's own. The defaults of the component are added to them.
    options: Option<Map<String, Value>>,
    /// The version, as its digest or the first six digits of it or more; by default the active one,
    /// else the latest.
    version: Option<String>,
}

/// Try a link
///
/// Calls a link once and changes nothing: no vCon is stored, created, pushed or deleted. Services
/// that the link may reach are really called. Returns the changes that the link would have made as
/// a JSON Patch, its log, its requests, and its use of each limit.
#[utoipa::path(
    post, path = "/links/{name}/run", tag = "admin: links",
    params(("name" = String, Path, description = "name of the link")),
    request_body = TryLink,
    responses(
        (status = 200, description = "the report of the call, also when the link failed", body = TrialReport),
        (status = 404, description = "there is no such link, version or vCon", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "the link has no component that can run", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn run(
    _: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    Body(request): Body<TryLink>,
) -> Reply<Json<DryReport>> {
    let name = LinkName::new(name)?;
    let vcon = match (request.vcon, request.uuid) {
        (Some(vcon), None) => TrialVcon::Given(vcon),
        (None, Some(id)) => TrialVcon::Stored(id),
        _ => return Err(ProblemDocument::invalid("the request needs either `vcon` or `uuid`")),
    };
    let trial = Trial {
        vcon,
        options: request.options,
        version: request.version,
    };
    Ok(Json(api.trials.run(name, trial).await?))
}

impl From<TrialError> for ProblemDocument {
    fn from(error: TrialError) -> Self {
        let detail = error.to_string();
        match error {
            TrialError::Id(error) => error.into(),
            TrialError::NoVcon(_) => Self::not_found(detail).fix("give one in `vcon`"),
            TrialError::Link(error) => error.into(),
            TrialError::NoComponent(_) => Self::conflict(detail).fix("upload a version first"),
            TrialError::Component(_) => Self::conflict(detail),
            TrialError::Options(_) => Self::invalid(detail),
            TrialError::DryRun(DryRunError::Document(_) | DryRunError::NoUuid) => Self::invalid(detail),
            TrialError::DryRun(DryRunError::Host(_)) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "host",
                "the host could not make the call",
                detail,
            ),
            TrialError::Store(error) => error.into(),
        }
    }
}
