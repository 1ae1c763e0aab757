//! `/admin/v1/links/{name}/run`: one call that changes nothing.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Answer, Body, PathOf, Problem};
use crate::Shared;
use crate::auth::Admin;
use crate::edge::reply;
use vcon_document::Text;
use vcon_document::VconId;
use vconduit_base::names::LinkName;
use vconduit_config::LinkRecord;
use vconduit_engine::registry::options;
use vconduit_engine::snapshot::ReadyLink;
use vconduit_policy::{Grants, Limits};
use vconduit_sandbox::Compiled;
use vconduit_sandbox::dry_run::{DryRun, DryRunError, dry_run};

/// What to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// The vCon; or else `uuid`.
    #[schema(value_type = Option<Object>)]
    vcon: Option<Map<String, Value>>,
    /// The id of a stored one.
    uuid: Option<String>,
    /// Options in place of the link's own; the component's defaults are laid under them.
    #[schema(value_type = Option<Object>)]
    options: Option<Map<String, Value>>,
    /// The version, or the first six or more digits of it; absent: the one in force, else the latest.
    version: Option<String>,
}

/// What would be called.
struct Tried {
    component: Arc<Compiled>,
    grants: Arc<Grants>,
    limits: Limits,
    options: Map<String, Value>,
}

/// Try a link out
///
/// Nothing is stored, created, pushed or deleted; services that the link may reach are really called. Answers what it would have done, as
/// JSON Patch, what it wrote to the log, whom it called or was refused to, and what it used of each limit.
#[utoipa::path(post, path = "/links/{name}/run", tag = "links", params(("name" = String, Path)), request_body = Try,
    responses((status = 200, body = Object)))]
pub async fn run(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>, Body(given): Body<Try>) -> Answer {
    let name = LinkName::new(name)?;
    let document = document(&api, &given).await?;
    let tried = tried(&api, &name, given.version.as_deref()).await?;
    let own = given.options.unwrap_or(tried.options);
    let options = options::fitted(tried.component.description(), own)
        .map_err(|problems| Problem::invalid(format!("the options don't fit: {problems}")))?;
    let report = dry_run(
        api.links.registry().sandbox(),
        DryRun {
            component: tried.component,
            link: name,
            options: Value::Object(options).to_string().into(),
            document,
            grants: tried.grants,
            limits: tried.limits,
            secrets: api.secrets.clone(),
            documents: api.documents.clone(),
            egress: api.settings.egress,
        },
    )
    .await?;
    Ok(reply::json(StatusCode::OK, &report))
}

async fn document(api: &Shared, given: &Try) -> Result<Text, Problem> {
    match (&given.vcon, &given.uuid) {
        (Some(vcon), None) => Ok(Value::Object(vcon.clone()).to_string().into()),
        (None, Some(uuid)) => {
            let id = VconId::new(uuid)?;
            let found = api.documents.get(&id).await?;
            found.ok_or_else(|| Problem::not_found(format!("there is no vCon {id}")).fix("give one in `vcon`"))
        }
        _ => Err(Problem::invalid("the request needs either `vcon` or `uuid`")),
    }
}

async fn tried(api: &Shared, name: &LinkName, wanted: Option<&str>) -> Result<Tried, Problem> {
    let (record, _) = api.links.get(name).await?;
    let ready = api.live.load().links.get(name).cloned();
    let version = match (wanted, &ready) {
        (Some(wanted), _) => Some(record.find(wanted)?),
        (None, Some(_)) => None,
        (None, None) => record.versions.last(),
    };
    let Some(version) = version else {
        return ready.map(in_force).ok_or_else(|| {
            Problem::conflict(format!("the link {name} has no component yet")).fix("upload a version first")
        });
    };
    let component = api
        .links
        .registry()
        .version(&version.digest)
        .await
        .map_err(Problem::conflict)?;
    let grants = vconduit_config::read_grants(&version.grants.clone().unwrap_or_default()).unwrap_or_default();
    Ok(Tried {
        component,
        grants: Arc::new(grants),
        limits: ready.as_ref().map(|ready| ready.link.limits).unwrap_or_default(),
        options: own_options(&record, ready.as_ref()),
    })
}

fn in_force(ready: ReadyLink) -> Tried {
    Tried {
        options: ready.link.options.clone(),
        limits: ready.link.limits,
        grants: ready.grants,
        component: ready.component,
    }
}

fn own_options(record: &LinkRecord, ready: Option<&ReadyLink>) -> Map<String, Value> {
    match ready {
        Some(ready) => ready.link.options.clone(),
        None => record.options.clone().unwrap_or_default(),
    }
}

impl From<DryRunError> for Problem {
    fn from(error: DryRunError) -> Self {
        let detail = error.to_string();
        match error {
            DryRunError::Document(_) | DryRunError::NoUuid => Self::invalid(detail),
            DryRunError::Host(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "host",
                "the host could not make the call",
                detail,
            ),
        }
    }
}
