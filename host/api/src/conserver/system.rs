//! State of the host, for load balancers, operators and Prometheus.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};

use super::schemas::{Health, Ready, VersionInfo};
use crate::Shared;
use crate::edge::reply::{self, Json};
use vconduit_config::settings::ServerVersion;

/// Media type of Prometheus' text format.
const METRICS_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

impl From<&ServerVersion> for VersionInfo {
    fn from(version: &ServerVersion) -> Self {
        Self {
            version: version.version.clone(),
            git_commit: version.git_commit.clone(),
            build_time: version.build_time.clone(),
        }
    }
}

/// Health of the process
///
/// 200 as long as the process responds. The working store is not asked: see `/ready`.
#[utoipa::path(
    get, path = "/health", tag = "system",
    responses((status = 200, description = "the process responds", body = Health)),
)]
pub async fn health_check(State(api): State<Shared>) -> Json<Health> {
    Json(Health {
        status: "healthy",
        version: (&api.settings.version).into(),
    })
}

/// Version of the program
///
/// With the commit that it was built from, and the time of the build.
#[utoipa::path(
    get, path = "/version", tag = "system",
    responses((status = 200, description = "version of the program", body = VersionInfo)),
)]
pub async fn version_endpoint(State(api): State<Shared>) -> Json<VersionInfo> {
    Json((&api.settings.version).into())
}

/// Readiness of the host
///
/// 200 when chains can run and the working store responds; else 503, with a reason for each part
/// that is not ready.
#[utoipa::path(
    get, path = "/ready", tag = "system",
    responses(
        (status = 200, description = "the host is ready", body = Ready),
        (status = 503, description = "the host is not ready, with the reasons", body = Ready),
    ),
)]
pub async fn get_ready(State(api): State<Shared>) -> Response {
    let mut reasons = api.readiness.reasons();
    reasons.extend(api.monitor.store_problem().await.map(|problem| ("store", problem)));
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    reply::json(code, &Ready { status, reasons })
}

/// Metrics
///
/// In Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "system",
    responses((status = 200, description = "the metrics", body = String, content_type = "text/plain")),
)]
pub async fn get_metrics(State(api): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], (api.metrics)()).into_response()
}
