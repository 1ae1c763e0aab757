//! The outermost layer: the part of a request and of its response that is the same for every route.
//!
//! Guarantee: every response has a request id and the version headers, and is counted. A panic in a
//! handler is a response with status 500, not a broken connection. One function instead of a stack
//! of layers: each layer would cost a box and a clone for each request. This module knows neither
//! the Conserver's routes nor those of the admin API.
//!
//! Not the layers of `tower-http` (panic, CORS, request id, trace): HEAD gets status 405 as in the
//! Conserver, a panic gets the API's own error body, and the responses for browsers are those of
//! Starlette.

pub mod body;
mod cors;
pub mod measure;
pub mod paths;
mod redirect;
pub mod reply;
pub mod request_id;
pub mod segment;
pub mod serve;
pub mod trace_context;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::FutureExt as _;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tower::Service as _;
use tracing::Instrument as _;

use cors::Browser;
use paths::{Prefix, Route, RouteTable};
use redirect::Origin;
use reply::{INTERNAL, NoBodyYet, NoRoute, Unexplained};
use request_id::RequestId;
use vconduit_config::settings::ServerVersion;

const VERSION: HeaderName = HeaderName::from_static("x-vcon-server-version");
const COMMIT: HeaderName = HeaderName::from_static("x-vcon-server-commit");

/// Bytes of a path that are written to the log.
const MAX_LOGGED_PATH_BYTES: usize = 200;

/// The routes with everything that surrounds them.
pub struct Edge {
    routes: Router,
    table: RouteTable,
    prefix: Prefix,
    version: HeaderValue,
    commit: HeaderValue,
}

impl Edge {
    /// Puts the parts together. `table` holds the paths of `routes`.
    #[must_use]
    pub fn new(routes: Router, table: RouteTable, root_path: &str, version: &ServerVersion) -> Self {
        let value = |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("unknown"));
        Self {
            routes,
            table,
            prefix: Prefix::new(root_path),
            version: value(&version.version),
            commit: value(&version.git_commit),
        }
    }

    async fn respond(&self, mut request: Request) -> Response {
        let asked = request.uri().clone();
        if self.prefix.is(asked.path()) {
            return reply::no_route();
        }
        if let Some(stripped) = self.without_prefix(&asked) {
            *request.uri_mut() = stripped;
        }
        let path = request.uri().path().to_owned();
        let origin = Origin::of(request.headers());
        let response = self.route_response(request, &path).await;
        if response.extensions().get::<NoRoute>().is_some()
            && let Some(other) = self.table.other_spelling(&path)
        {
            let prefix = asked.path().strip_suffix(path.as_str()).unwrap_or_default();
            return origin.redirect(&format!("{prefix}{other}"), asked.query());
        }
        response
    }

    /// The response of the route at this path.
    async fn route_response(&self, request: Request, path: &str) -> Response {
        let route = self.table.find(path);
        // The router would respond to HEAD as to GET, which the Conserver does not.
        if request.method() == Method::HEAD {
            return route.map_or_else(reply::no_route, method_not_allowed);
        }
        let response = self.call(request).await;
        match route {
            Some(route) if response.status() == StatusCode::METHOD_NOT_ALLOWED => method_not_allowed(route),
            _ => response,
        }
    }

    async fn call(&self, request: Request) -> Response {
        let mut routes = self.routes.clone();
        // State that a handler leaves behind when it panics is its own. Stores and settings are
        // shared and can't be half-written.
        let called = AssertUnwindSafe(async move { routes.call(request).await })
            .catch_unwind()
            .await;
        match called {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => reply::unexpected("a handler panicked"),
        }
    }

    fn without_prefix(&self, uri: &Uri) -> Option<Uri> {
        let path = self.prefix.strip(uri.path())?;
        let rest = match uri.query() {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
            None => PathAndQuery::try_from(path),
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest.ok()?);
        Uri::from_parts(parts).ok()
    }

    fn add_headers(&self, headers: &mut HeaderMap, id: RequestId, browser: Option<Browser>) {
        headers.insert(VERSION, self.version.clone());
        headers.insert(COMMIT, self.commit.clone());
        headers.insert(request_id::HEADER, id.into_header());
        if let Some(browser) = browser {
            browser.allow(headers);
        }
    }

    /// The route of a path with or without the prefix.
    fn route(&self, path: &str) -> Option<&Route> {
        self.table.find(self.prefix.strip(path).unwrap_or(path))
    }
}

/// Responds to a request.
pub async fn handle(State(edge): State<Arc<Edge>>, mut request: Request) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let path = request.uri().path();
    let route = edge.route(path).cloned();
    let shown_path = path.get(..MAX_LOGGED_PATH_BYTES).unwrap_or(path);
    // At the level of errors, so that no filter removes the id from the lines within.
    let span = tracing::error_span!("request", id = id.as_str(), %method, path = shown_path);
    let mut browser = Browser::of(request.headers());
    let mut response = match cors::preflight(&method, request.headers()) {
        Some(response) => {
            browser = None;
            response
        }
        None => edge.respond(request).instrument(span.clone()).await,
    };
    if response.extensions().get::<NoBodyYet>().is_some() {
        let body = Unexplained {
            detail: INTERNAL.to_owned(),
            request_id: Some(id.as_str().to_owned()),
        };
        response = reply::json(response.status(), &body);
    }
    edge.add_headers(response.headers_mut(), id, browser);
    let (status, time) = (response.status(), began.elapsed());
    measure::responded(&method, route.as_ref(), status, time);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), micros = time.as_micros(), "responded"));
    response
}

/// The response to a method that a route does not have.
fn method_not_allowed(route: &Route) -> Response {
    let mut response = reply::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    response.headers_mut().insert(header::ALLOW, route.allow.clone());
    response
}
