//! Every route of the service, grouped by who may call it.
//!
//! Guarantee: what is not on this page is not served. Each route answers with and without the prefix (`API_ROOT_PATH`).

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::conserver::{config, dlq, external, queues, system, vcon, vcons};
use crate::edge::paths::RouteTable;
use crate::edge::{self, Edge, reply};
use crate::openapi::{self, Group};
use crate::{ApiError, ApiState, Shared, docs};
use vcon_document::Text;

/// Everyone: how the host is.
fn public() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(system::health_check))
        .routes(routes!(system::get_version))
        .routes(routes!(system::get_ready))
        .routes(routes!(system::get_metrics))
        .routes(routes!(queues::get_queue_depth))
}

/// Who has a key of the API: each key opens all of it. The handlers ask for `Keyed` or `KeyedBody`.
fn keyed() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(vcon::get_vcons_uuids, vcon::post_vcon))
        .routes(routes!(queues::get_vcon_egress))
        .routes(routes!(queues::get_vcon_count))
        .routes(routes!(queues::post_vcon_ingress))
        .routes(routes!(vcon::get_vcon, vcon::delete_vcon))
        .routes(routes!(vcons::get_vcons))
        .routes(routes!(vcons::search_vcons))
        .routes(routes!(vcons::index_vcons))
        .routes(routes!(config::get_config, config::post_config))
        .routes(routes!(dlq::get_dlq_vcons))
        .routes(routes!(dlq::reprocess_dlq))
}

/// Partners, with keys of their own lists.
fn partner() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(external::external_ingress_vcon))
}

/// Operators, with admin keys. The handlers ask for `Admin`.
fn admin() -> OpenApiRouter<Shared> {
    use crate::admin::{claims, dead_letters, events, hosts, links, lists, member, trials, versions, whereabouts};
    OpenApiRouter::default()
        .routes(routes!(links::get_links))
        .routes(routes!(links::get_link, links::delete_link))
        .routes(routes!(links::put_grants))
        .routes(routes!(links::put_limits))
        .routes(routes!(links::put_options))
        .routes(routes!(trials::run))
        .routes(routes!(versions::get_versions, versions::post_version))
        .routes(routes!(versions::get_version, versions::delete_version))
        .routes(routes!(versions::get_component))
        .routes(routes!(versions::activate))
        .routes(routes!(versions::roll_back))
        .routes(routes!(member::get_chains))
        .routes(routes!(member::get_chain, member::put_chain, member::delete_chain))
        .routes(routes!(member::get_storages))
        .routes(routes!(
            member::get_storage,
            member::put_storage,
            member::delete_storage
        ))
        .routes(routes!(member::validate))
        .routes(routes!(lists::get_lists))
        .routes(routes!(claims::get_claims))
        .routes(routes!(claims::requeue_claim))
        .routes(routes!(dead_letters::get_dead_letters))
        .routes(routes!(dead_letters::drop_dead_letter))
        .routes(routes!(dead_letters::retry_dead_letter))
        .routes(routes!(whereabouts::get_where))
        .routes(routes!(hosts::get_hosts))
        .routes(routes!(hosts::get_audit))
        .routes(routes!(events::get_events))
}

/// Paths that the Conserver takes for a vCon with a strange uuid. For who has a key.
fn shadowed() -> Router<Shared> {
    let both = || get(vcon::not_a_uuid).delete(vcon::not_a_uuid);
    Router::new()
        .route("/vcon/ingress", both())
        .route("/vcon/external-ingress", both())
        .route("/vcon/egress", axum::routing::delete(vcon::not_a_uuid))
        .route("/vcon/count", axum::routing::delete(vcon::not_a_uuid))
}

/// Everyone: the API's description.
fn description(api: &OpenApi) -> Router<Shared> {
    let text: Text = api.to_json().unwrap_or_default().into();
    let openapi = move || async move { reply::document(StatusCode::OK, text.clone()) };
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/docs", get(docs::page))
        .route("/docs/start.js", get(docs::start))
        .route("/docs/oauth2-redirect", get(docs::oauth2_redirect))
        .route("/docs/{file}", get(docs::file))
        .route("/redoc", get(docs::redoc))
}

/// Paths that are served but not described, for slashes at their end and for the metrics.
const UNDESCRIBED: [&str; 6] = [
    "/openapi.json",
    "/docs",
    "/docs/start.js",
    "/docs/oauth2-redirect",
    "/docs/{file}",
    "/redoc",
];

/// How much of the service a host offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// All of it.
    All,
    /// How the host is, no more: for hosts that only run chains.
    System,
}

/// The whole service.
pub fn router(state: ApiState, served: Served) -> Router {
    let settings = state.settings.clone();
    let mut described = openapi::empty(&settings.root_path, state.keys.header().as_str());
    let mut routes = Router::new();
    let groups = match served {
        Served::All => vec![
            (Group::Public, public()),
            (Group::Keyed, keyed()),
            (Group::Partner, partner()),
            (Group::Admin, OpenApiRouter::default().nest("/admin/v1", admin())),
        ],
        Served::System => vec![(Group::Public, public())],
    };
    for (group, part) in groups {
        let (part, mut description) = part.split_for_parts();
        openapi::finish(&mut description, group);
        described.merge(description);
        routes = routes.merge(part);
    }
    if served == Served::All {
        routes = routes.merge(shadowed());
    }
    let table = RouteTable::new(described.paths.paths.keys().map(String::as_str).chain(UNDESCRIBED));
    let routes = routes
        .merge(description(&described))
        .fallback(|| async { ApiError::NoRoute })
        .with_state(Arc::new(state));
    let edge = Edge::new(routes, table, &settings.root_path, &settings.version);
    Router::new().fallback(edge::handle).with_state(Arc::new(edge))
}
