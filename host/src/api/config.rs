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
use crate::config::mask;
use crate::config::{Problem, Written, read_written_beside, store_copy};
use crate::store::{ConfigEntries, StoreError};

/// How often a write is tried again when someone else was faster.
const TRIES: usize = 5;

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
    let read = api.store.load_config().await.and_then(|(_, entries)| written(&entries));
    let written = read.map_err(|error| ApiError::Store(NOT_READ, error))?;
    Ok(reply::json(StatusCode::OK, &mask::mask(&written)))
}

/// Replace the configuration
///
/// As a whole, after the checks that a file has to pass. A mask stands for the secret that is there now. Hosts take it up
/// within seconds; runs in work end on the one that they began with.
#[utoipa::path(
    post, path = "/config", tag = "config", request_body = Object,
    responses((status = 204, description = "it is in the store")),
)]
pub async fn post_config(State(api): State<Shared>, headers: HeaderMap, KeyedBody(payload): KeyedBody) -> Answer {
    let sent = payload.object()?;
    let admin = api.admin_keys.allow(&headers);
    for _ in 0..TRIES {
        if replace(&api, sent.clone(), admin).await? {
            return Ok(reply::empty());
        }
    }
    let reason = "it is being changed by someone else all the time".to_owned();
    Err(ApiError::Store(
        NOT_UPDATED,
        StoreError::Refused {
            operation: "save_config",
            reason,
        },
    ))
}

/// False when someone else was faster.
async fn replace(api: &Shared, mut sent: Written, admin: bool) -> Result<bool, ApiError> {
    let failed = |error| ApiError::Store(NOT_UPDATED, error);
    let (revision, entries) = api.store.load_config().await.map_err(failed)?;
    // A damaged copy has no secrets to give back, and is best replaced.
    let current = written(&entries).unwrap_or_default();
    let unknown = mask::restore(&mut sent, &current);
    if !unknown.is_empty() {
        let fault = |path: &String| {
            FieldFault::value(
                place(path),
                "there is no secret here that the mask could stand for",
                Value::Null,
            )
        };
        return Err(unknown.iter().map(fault).collect::<Vec<_>>().into());
    }
    // Paths in it are relative to the configuration file, as those in the file are.
    let uploaded = store_copy::uploaded_names(&entries);
    let checked = read_written_beside(&sent, &api.settings.config_file.to_string_lossy(), &uploaded);
    if checked.config.is_none() {
        return Err(checked.errors().map(fault).collect::<Vec<_>>().into());
    }
    if let Some(path) = of_admins(&current, &checked.written).filter(|_| !admin) {
        return Err(ApiError::Forbidden(format!(
            "{path} is for admins to change: send an admin key too (Authorization: Bearer …)"
        )));
    }
    let replacement = store_copy::beside(store_copy::to_entries(&checked.written), &entries);
    let saved = api
        .store
        .save_config(&replacement, Some(revision), None)
        .await
        .map_err(failed)?;
    if let Ok(revision) = saved {
        tracing::info!(revision, "the configuration was replaced through the API");
    }
    Ok(saved.is_ok())
}

/// What of a link decides about what code runs and what it may reach and use up.
const OF_ADMINS: [&str; 5] = ["component", "module", "grants", "limits", "warm"];

/// The first change that an admin has to make, where there are admins.
fn of_admins(current: &Written, new: &Written) -> Option<String> {
    if current.get("signing") != new.get("signing") {
        return Some("signing".to_owned());
    }
    let links = |written: &Written| {
        written
            .get("links")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let (before, after) = (links(current), links(new));
    after.iter().find_map(|(name, link)| {
        let was = before.get(name);
        let changed = OF_ADMINS
            .iter()
            .find(|key| link.get(**key) != was.and_then(|was| was.get(**key)));
        changed.map(|key| format!("links.{name}.{key}"))
    })
}

fn written(entries: &ConfigEntries) -> Result<Written, StoreError> {
    store_copy::to_written(entries).map_err(|damaged| {
        let keys: Vec<String> = damaged
            .into_iter()
            .map(|(key, reason)| format!("{key} is not JSON ({reason})"))
            .collect();
        StoreError::Refused {
            operation: "load_config",
            reason: keys.join("; "),
        }
    })
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
