//! The description of the API for people: Swagger UI, which is part of the binary.
//!
//! Guarantee: no page makes a browser ask another host. The content security policy forbids it too.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use utoipa_swagger_ui::Config;

use crate::edge::reply;
use crate::edge::segment::Segment;

/// Links are relative to `docs/`, so that the page works under any prefix.
const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vConduit API</title>
<base href="docs/">
<link rel="icon" href="favicon-32x32.png">
<link rel="stylesheet" href="swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
"#;

/// `validatorUrl` is null because its badge would be fetched from another host.
const START: &str = r##"window.ui = SwaggerUIBundle({
  url: new URL("../openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  oauth2RedirectUrl: new URL("oauth2-redirect", document.baseURI).href,
  presets: [SwaggerUIBundle.presets.apis],
});
"##;

/// Swagger UI writes styles into elements. Scripts come from files only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
);
const NOSNIFF: (HeaderName, HeaderValue) = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// The page `/docs`.
pub async fn page() -> Response {
    served(HTML, PAGE)
}

/// The script `/docs/start.js`, which starts the page.
pub async fn start() -> Response {
    served(SCRIPT, START)
}

/// `/redoc`: redirects to `/docs`. One set of pages is enough.
pub async fn redoc() -> Response {
    (
        StatusCode::TEMPORARY_REDIRECT,
        [(header::LOCATION, HeaderValue::from_static("docs"))],
    )
        .into_response()
}

/// The page `/docs/oauth2-redirect`.
pub async fn oauth2_redirect() -> Response {
    asset("oauth2-redirect.html")
}

/// `/docs/{file}`: the files that the page needs, no others.
pub async fn file(Segment(name): Segment) -> Response {
    match name.as_str() {
        "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png" | "oauth2-redirect.js" => asset(&name),
        _ => reply::no_route(),
    }
}

fn asset(name: &str) -> Response {
    let file = match utoipa_swagger_ui::serve(name, Arc::new(Config::default())) {
        Ok(Some(file)) => file,
        Ok(None) => return reply::no_route(),
        Err(error) => return reply::unexpected(error),
    };
    match HeaderValue::try_from(file.content_type) {
        Ok(kind) => served(kind, file.bytes.into_owned()),
        Err(error) => reply::unexpected(error),
    }
}

fn served(kind: HeaderValue, body: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        NOSNIFF,
    ];
    (headers, body.into()).into_response()
}
