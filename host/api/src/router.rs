//! Every route of the service, grouped by the callers that may use it.
//!
//! Guarantee: only the routes of this module are served. Each is served with and without the prefix
//! (`API_ROOT_PATH`).

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::conserver::{config, dlq, external, queues, system, vcon, vcons};
use crate::edge::paths::RouteTable;
use crate::edge::{self, Edge, reply};
use crate::openapi::{self, Group};
use crate::{ApiState, Shared, docs};
use vcon_document::Text;

/// Routes for everyone: the state of the host.
fn public() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(system::health_check))
        .routes(routes!(system::version_endpoint))
        .routes(routes!(system::get_ready))
        .routes(routes!(system::get_metrics))
        .routes(routes!(queues::get_queue_depth))
}

/// Routes for clients of the API. Their handlers take an `Authorized` or an `AuthorizedBody`.
fn clients() -> OpenApiRouter<Shared> {
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
        .routes(routes!(dlq::post_dlq_reprocess))
        .routes(routes!(dlq::get_dlq_storage))
        .routes(routes!(dlq::post_dlq_storage_reprocess))
}

/// Routes for partners, with keys of their own lists.
fn partners() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(external::external_ingress_vcon))
}

/// Routes for operators. Their handlers take an `Admin`.
fn operators() -> OpenApiRouter<Shared> {
    use crate::admin::{
        chains, claims, dead_letters, events, hosts, links, lists, storages, trials, versions, whereabouts,
    };
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
        .routes(routes!(chains::get_chains))
        .routes(routes!(chains::get_chain, chains::put_chain, chains::delete_chain))
        .routes(routes!(storages::get_storages))
        .routes(routes!(
            storages::get_storage,
            storages::put_storage,
            storages::delete_storage
        ))
        .routes(routes!(chains::validate))
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

/// Paths whose last part the Conserver takes for the uuid of a vCon. For clients of the API.
fn shadowed() -> Router<Shared> {
    let both = || get(vcon::not_a_uuid).delete(vcon::not_a_uuid);
    Router::new()
        .route("/vcon/ingress", both())
        .route("/vcon/external-ingress", both())
        .route("/vcon/egress", axum::routing::delete(vcon::not_a_uuid))
        .route("/vcon/count", axum::routing::delete(vcon::not_a_uuid))
}

/// Routes for everyone: the description of the API.
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

/// Described paths that have an undescribed GET, see [`shadowed`].
const SHADOWED: [&str; 2] = ["/vcon/ingress", "/vcon/external-ingress"];

/// Paths that are served but not described.
const UNDESCRIBED: [&str; 6] = [
    "/openapi.json",
    "/docs",
    "/docs/start.js",
    "/docs/oauth2-redirect",
    "/docs/{file}",
    "/redoc",
];

/// The part of the service that a host offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// All of it.
    All,
    /// The state of the host only: for hosts that only run chains.
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
            (Group::Client, clients()),
            (Group::Partner, partners()),
            (Group::Operator, OpenApiRouter::default().nest("/admin/v1", operators())),
        ],
        Served::System => vec![(Group::Public, public())],
    };
    for (group, part) in groups {
        let (part, mut description) = part.split_for_parts();
        openapi::finish(&mut description, group);
        described.merge(description);
        routes = routes.merge(part);
    }
    openapi::name_union_members(&mut described);
    if served == Served::All {
        routes = routes.merge(shadowed());
    }
    let routes = routes
        .merge(description(&described))
        .fallback(|| async { reply::no_route() })
        .with_state(Arc::new(state));
    let edge = Edge::new(
        routes,
        table(&described, served),
        &settings.root_path,
        &settings.version,
    );
    Router::new().fallback(edge::handle).with_state(Arc::new(edge))
}

/// The paths that are served, each with its first method.
fn table(api: &OpenApi, served: Served) -> RouteTable {
    let described = api.paths.paths.iter();
    let described = described.map(|(path, item)| (path.as_str(), openapi::first_method(item)));
    let shadowed = SHADOWED.into_iter().filter(|_| served == Served::All);
    let with_get = UNDESCRIBED.into_iter().chain(shadowed).map(|path| (path, Method::GET));
    RouteTable::new(described.chain(with_get))
}
