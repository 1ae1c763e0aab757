//! `/config`: the configuration in the working store, which all hosts run on.
//!
//! Guarantee: a new configuration has passed every check that a file has to pass, and replaces the
//! present one as a whole. A mask never stands for a secret that the writer could not have seen.

use axum::extract::State;
use http::HeaderMap;
use serde_json::Value;

use super::fault::FieldFault;
use super::{ApiError, Authorized, AuthorizedBody, Reply};
use crate::Shared;
use crate::edge::reply::{self, Json};
use vconduit_config::{Problem, Written};
use vconduit_engine::control::ConfigError;
use vconduit_engine::control::configuration::Permission;
use vconduit_store::StoreError;

const NOT_READ: &str = "Failed to read configuration";
const NOT_UPDATED: &str = "Failed to update configuration";

/// Get the configuration
///
/// In the shape of the configuration file. Secrets are masked.
#[utoipa::path(
    get, path = "/config", tag = "config",
    responses((status = 200, description = "the configuration", body = serde_json::Map<String, Value>)),
)]
pub async fn get_config(_: Authorized, State(api): State<Shared>) -> Reply<Json<Written>> {
    let shown = api.configuration.shown().await;
    Ok(Json(
        shown.map_err(|error| unavailable(NOT_READ, "load_config", error))?,
    ))
}

/// Replace the configuration
///
/// As a whole, after the checks that a file has to pass. A configuration that can't run on this
/// host is refused. A mask stands for the secret that is at its place now. The configuration is
/// active on this host when the response comes, and on other hosts within seconds. Runs in work end
/// with the configuration that they began with.
#[utoipa::path(
    post, path = "/config", tag = "config",
    request_body(content = serde_json::Map<String, Value>, description = "the configuration, in the shape of the configuration file"),
    responses((status = 204, description = "the configuration is in the working store, and active on this host")),
)]
pub async fn post_config(
    State(api): State<Shared>,
    headers: HeaderMap,
    AuthorizedBody(payload): AuthorizedBody,
) -> Reply {
    let sent = payload.object()?;
    let permission = match api.admin_keys.allow(&headers) {
        true => Permission::Admin,
        false => Permission::Client,
    };
    api.configuration
        .replace(&sent, permission)
        .await
        .map_err(not_updated)?;
    Ok(reply::empty())
}

/// The response to a refused configuration: each problem is a fault of the body.
fn not_updated(error: ConfigError) -> ApiError {
    match error {
        ConfigError::UnknownMask(paths) => faults(paths.iter().map(|path| {
            FieldFault::value(
                place(path),
                "there is no secret here that the mask could stand for",
                Value::Null,
            )
        })),
        ConfigError::Invalid(problems) => faults(problems.iter().map(fault)),
        ConfigError::CantRun(errors) => faults(
            errors
                .iter()
                .map(|error| FieldFault::value(place(&error.path()), error, Value::Null)),
        ),
        ConfigError::AdminsOnly(path) => ApiError::Forbidden(format!(
            "{path} is for admins to change: send an admin key too (Authorization: Bearer …)"
        )),
        error => unavailable(NOT_UPDATED, "save_config", error),
    }
}

/// The response to an error that is no fault of the request.
fn unavailable(text: &'static str, operation: &'static str, error: ConfigError) -> ApiError {
    let error = match error {
        ConfigError::Store(error) => error,
        error => StoreError::Refused {
            operation,
            reason: error.to_string(),
        },
    };
    ApiError::Store(text, error)
}

fn faults(faults: impl Iterator<Item = FieldFault>) -> ApiError {
    faults.collect::<Vec<_>>().into()
}

fn fault(problem: &Problem) -> FieldFault {
    let hint = if problem.hint.is_empty() {
        String::new()
    } else {
        format!(": {}", problem.hint)
    };
    FieldFault::value(place(&problem.path), format!("{}{hint}", problem.message), Value::Null)
}

fn place(path: &str) -> Vec<Value> {
    let path = (!path.is_empty()).then(|| path.into());
    std::iter::once("body".into()).chain(path).collect()
}
