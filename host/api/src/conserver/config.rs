//! `/config`: the configuration that hosts run on, which is the store's copy.
//!
//! Guarantee: what is written has passed every check that a file has to pass, replaces the copy as a whole, and never on
//! top of a change that the writer has not seen the secrets of.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::fault::FieldFault;
use super::payload::KeyedBody;
use super::{Answer, ApiError, Shared, reply};
use crate::auth::Keyed;
use vconduit_config::Problem;
use vconduit_engine::control::ConfigError;
use vconduit_engine::control::configuration::Permission;
use vconduit_store::StoreError;

const NOT_READ: &str = "Failed to read configuration";
const NOT_UPDATED: &str = "Failed to update configuration";

/// The configuration
///
/// In the shape of the configuration file; secrets are masked.
#[utoipa::path(
    get, path = "/config", tag = "config",
    responses((status = 200, description = "the configuration", body = Object)),
)]
pub async fn get_config(_: Keyed, State(api): State<Shared>) -> Answer {
    let shown = api.configuration.shown().await;
    let shown = shown.map_err(|error| unavailable(NOT_READ, "load_config", error))?;
    Ok(reply::json(StatusCode::OK, &shown))
}

/// Replace the configuration
///
/// As a whole, after the checks that a file has to pass; one that can't run here is refused. A mask stands for the secret that is there
/// now. Hosts take it up within seconds; runs in work end on the one that they began with.
#[utoipa::path(
    post, path = "/config", tag = "config", request_body = Object,
    responses((status = 204, description = "it is in the store")),
)]
pub async fn post_config(State(api): State<Shared>, headers: HeaderMap, KeyedBody(payload): KeyedBody) -> Answer {
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

/// Each problem of a refused configuration is a fault of the body.
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

/// What is not the fault of the request.
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
