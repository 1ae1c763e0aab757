//! The REST API of a host: its address and its routes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::services::Services;
use super::stores::Stores;
use super::{HostInfo, StartError};
use crate::arguments::Role;
use vconduit_api::router::{Served, router};
use vconduit_api::{ApiParts, ApiState};
use vconduit_base::Secrets;
use vconduit_engine::control::Links;
use vconduit_oci::{Oci, OciSettings};
use vconduit_telemetry::metrics;

/// Listens on an address. Returns the address with the real port.
pub(super) async fn listen_on(requested: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |reason| StartError::Listen {
        address: requested,
        reason,
    };
    let listener = TcpListener::bind(requested).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Builds the routes: all of them with the role `api`, else health, readiness and metrics only.
pub(super) fn routes(
    host: &HostInfo,
    services: &Services,
    stores: &Stores,
    stopping: CancellationToken,
) -> Result<Router, StartError> {
    let links = Links::new(
        services.follower.clone(),
        services.registry.clone(),
        services.live.clone(),
        services.events.clone(),
    );
    let parts = ApiParts {
        links: Arc::new(links),
        stats: services.stats.clone(),
        secrets: services.secrets.clone(),
        admission: services.admission.clone(),
        oci: Arc::new(oci(&services.secrets)?),
        documents: services.documents.clone(),
        store: stores.shared.clone(),
        follower: services.follower.clone(),
        live: services.live.clone(),
        settings: services.settings.clone(),
        readiness: services.readiness.clone(),
        metrics: Arc::new(metrics::render),
        events: services.events.clone(),
        stopping,
        loopback: host.address.ip().is_loopback(),
    };
    let state = ApiState::new(parts).map_err(|error| StartError::Setting(error.to_string()))?;
    let served = match host.roles.contains(&Role::Api) {
        true => Served::All,
        false => Served::System,
    };
    Ok(router(state, served))
}

/// The client for OCI registries, with the credentials of the environment.
fn oci(secrets: &Secrets) -> Result<Oci, StartError> {
    let secret = |name: &str| secrets.reveal(name).map(ToOwned::to_owned);
    let settings = OciSettings::from_env(&|name| std::env::var(name).ok(), &secret);
    settings
        .map(Oci::new)
        .map_err(|problem| StartError::Setting(problem.to_owned()))
}
