//! How the host is: for load balancers, operators and Prometheus.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::{Shared, reply};
use vconduit_config::settings::Version;

/// How long the store may take to say that it is there. Load balancers ask every few seconds.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// The type of Prometheus' text format.
const METRICS_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

fn version_of(version: &Version) -> serde_json::Value {
    json!({"version": version.version, "git_commit": version.git_commit, "build_time": version.build_time})
}

/// Whether the process lives
///
/// Good as long as it answers at all; asks nothing of the store. See `/ready` for the rest.
#[utoipa::path(
    get, path = "/health", tag = "system",
    responses((status = 200, description = "it lives", body = super::schemas::Health)),
)]
pub async fn health_check(State(api): State<Shared>) -> Response {
    reply::json(
        StatusCode::OK,
        &json!({"status": "healthy", "version": version_of(&api.settings.version)}),
    )
}

/// Version
#[utoipa::path(
    get, path = "/version", tag = "system",
    responses((status = 200, description = "what is running", body = super::schemas::VersionInfo)),
)]
pub async fn get_version(State(api): State<Shared>) -> Response {
    reply::json(StatusCode::OK, &version_of(&api.settings.version))
}

/// Whether it can work
///
/// Good when chains can run and the working store answers; else the reasons, part by part.
#[utoipa::path(
    get, path = "/ready", tag = "system",
    responses(
        (status = 200, description = "it can work", body = super::schemas::Ready),
        (status = 503, description = "it can't, and why", body = super::schemas::Ready),
    ),
)]
pub async fn get_ready(State(api): State<Shared>) -> Response {
    let mut reasons = api.readiness.reasons();
    match tokio::time::timeout(STORE_ANSWERS_WITHIN, api.store.ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            reasons.insert("store", error.to_string());
        }
        Err(_) => {
            reasons.insert("store", "the working store did not answer within 2 s".to_owned());
        }
    }
    if reasons.is_empty() {
        return reply::json(StatusCode::OK, &json!({"status": "ready", "reasons": {}}));
    }
    reply::json(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({"status": "not ready", "reasons": reasons}),
    )
}

/// Metrics
///
/// In Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "system",
    responses((status = 200, description = "metrics", body = String, content_type = "text/plain")),
)]
pub async fn get_metrics(State(api): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], (api.metrics)()).into_response()
}
