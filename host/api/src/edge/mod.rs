//! The outermost layer: what every request goes through and every answer gets.
//!
//! Guarantee: every answer has a request id and the version headers and was counted; a crash in a handler is an answer,
//! not a broken connection. One function instead of a stack of layers: each layer would cost a box and a clone per request.
//!
//! Not the layers of `tower-http` (panic, CORS, request id, trace): HEAD gets status 405 as in the
//! Conserver, a crash gets the API's own error body, and the responses for browsers are those of
//! Starlette.

pub mod body;
pub mod cors;
pub mod measure;
pub mod paths;
pub mod reply;
pub mod request_id;
pub mod serve;
pub mod trace_context;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::json;
use tower::Service as _;
use tracing::Instrument as _;

use self::cors::Browser;
use self::paths::{Prefix, RouteTable};
use self::request_id::RequestId;
use crate::conserver::error::{self, INTERNAL, NoRoute, Unexplained};
use crate::{ApiError, ApiState};
use vconduit_config::settings::Version;

const VERSION: HeaderName = HeaderName::from_static("x-vcon-server-version");
const COMMIT: HeaderName = HeaderName::from_static("x-vcon-server-commit");

/// How much of a path goes into the log.
const PATH_LOGGED: usize = 200;

/// The routes and what is put around them.
pub struct Edge {
    routes: Router,
    table: RouteTable,
    prefix: Prefix,
    version: HeaderValue,
    commit: HeaderValue,
}

impl Edge {
    /// Around these routes.
    #[must_use]
    pub fn new(routes: Router, table: RouteTable, root_path: &str, version: &Version) -> Self {
        let value = |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("unknown"));
        Self {
            routes,
            table,
            prefix: Prefix::new(root_path),
            version: value(&version.version),
            commit: value(&version.git_commit),
        }
    }

    async fn answer(&self, mut request: Request) -> Response {
        let asked = request.uri().clone();
        if self.prefix.is(asked.path()) {
            return ApiError::NoRoute.into_response();
        }
        if let Some(stripped) = self.without_prefix(&asked) {
            *request.uri_mut() = stripped;
        }
        if request.method() == Method::HEAD {
            // The router would let GET answer it, which the Conserver does not. No route has TRACE, so the answer
            // is a 405 or a 404 with all that belongs to it.
            *request.method_mut() = Method::TRACE;
        }
        let path = request.uri().path().to_owned();
        let headers = FewHeaders::of(request.headers());
        let mut response = self.call(request).await;
        if response.extensions().get::<NoRoute>().is_some()
            && let Some(other) = self.table.other_spelling(&path)
        {
            let prefix = asked.path().strip_suffix(path.as_str()).unwrap_or_default();
            return redirect(&headers, &format!("{prefix}{other}"), asked.query());
        }
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response = method_not_allowed(response.headers());
        }
        response
    }

    async fn call(&self, request: Request) -> Response {
        let mut routes = self.routes.clone();
        // What a handler leaves behind when it crashes is its own; stores and settings are shared and can't be half-written.
        let answered = AssertUnwindSafe(async move { routes.call(request).await })
            .catch_unwind()
            .await;
        match answered {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => ApiError::Unexpected("a handler crashed".into()).into_response(),
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

    fn dress(&self, headers: &mut HeaderMap, id: RequestId, browser: Option<Browser>) {
        headers.insert(VERSION, self.version.clone());
        headers.insert(COMMIT, self.commit.clone());
        headers.insert(request_id::HEADER, id.into_header());
        if let Some(browser) = browser {
            browser.allow(headers);
        }
    }

    /// The route for the metrics.
    fn route(&self, path: &str) -> Option<&Arc<str>> {
        self.table.find(self.prefix.strip(path).unwrap_or(path))
    }
}

/// Takes a request through all of it.
pub async fn handle(State(edge): State<Arc<Edge>>, mut request: Request) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    request.extensions_mut().insert(id.clone());
    let path = request.uri().path();
    let route = edge.route(path).cloned();
    // At the level of errors, so that no filter takes the id away from the lines within.
    let span =
        tracing::error_span!("request", id = id.as_str(), %method, path = path.get(..PATH_LOGGED).unwrap_or(path));
    let mut browser = Browser::of(request.headers());
    let mut response = match cors::preflight(&method, request.headers()) {
        Some(response) => {
            browser = None;
            response
        }
        None => edge.answer(request).instrument(span.clone()).await,
    };
    if response.extensions().get::<Unexplained>().is_some() {
        response = reply::json(
            response.status(),
            &json!({"detail": INTERNAL, "request_id": id.as_str()}),
        );
    }
    edge.dress(response.headers_mut(), id, browser);
    let (status, time) = (response.status(), began.elapsed());
    measure::answered(&method, route.as_ref(), status, time);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), micros = time.as_micros(), "answered"));
    response
}

/// What a redirect is made from.
struct FewHeaders {
    host: Option<HeaderValue>,
    https: bool,
}

impl FewHeaders {
    fn of(headers: &HeaderMap) -> Self {
        let https = headers.get("x-forwarded-proto").is_some_and(|value| value == "https");
        Self {
            host: headers.get(header::HOST).cloned(),
            https,
        }
    }
}

fn redirect(headers: &FewHeaders, path: &str, query: Option<&str>) -> Response {
    let scheme = if headers.https { "https" } else { "http" };
    let host = headers.host.as_ref().and_then(|host| host.to_str().ok());
    let start = host.map(|host| format!("{scheme}://{host}")).unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(location) = HeaderValue::try_from(format!("{start}{path}{query}")) else {
        return ApiError::NoRoute.into_response();
    };
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response()
}

/// With one method allowed, the first that the Conserver knows for the path: GET wherever there is one.
fn method_not_allowed(from_router: &HeaderMap) -> Response {
    let allowed = from_router
        .get(header::ALLOW)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut methods = allowed.split(',').map(str::trim);
    let first = if methods.clone().any(|method| method == "GET") {
        "GET"
    } else {
        methods.next().unwrap_or_default()
    };
    let mut response = reply::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    if let Ok(first) = HeaderValue::try_from(first) {
        response.headers_mut().insert(header::ALLOW, first);
    }
    response
}
