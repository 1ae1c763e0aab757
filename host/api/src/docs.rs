//! The API's description for people: Swagger UI from the binary itself.
//!
//! Guarantee: nothing that is served here makes a browser ask another host; the policy sent along forbids it too.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use utoipa_swagger_ui::Config;

use super::ApiError;
use super::conserver::query::Segment;

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

/// `validatorUrl` null: the badge that it stands for would be fetched from elsewhere.
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

/// Swagger UI writes styles into elements; scripts come from files alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'",
);
const NOSNIFF: (HeaderName, HeaderValue) = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// `/docs`
pub async fn page() -> Response {
    served(HTML, PAGE)
}

/// `/docs/start.js`
pub async fn start() -> Response {
    served(SCRIPT, START)
}

/// `/redoc`: one set of pages is enough.
pub async fn redoc() -> Response {
    (
        StatusCode::TEMPORARY_REDIRECT,
        [(header::LOCATION, HeaderValue::from_static("docs"))],
    )
        .into_response()
}

/// `/docs/oauth2-redirect`
pub async fn oauth2_redirect() -> Result<Response, ApiError> {
    asset("oauth2-redirect.html")
}

/// `/docs/{file}`: only the files that the page asks for.
pub async fn file(Segment(name): Segment) -> Result<Response, ApiError> {
    match name.as_str() {
        "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png" | "oauth2-redirect.js" => asset(&name),
        _ => Err(ApiError::NoRoute),
    }
}

fn asset(name: &str) -> Result<Response, ApiError> {
    let config = Arc::new(Config::default());
    let found = utoipa_swagger_ui::serve(name, config).map_err(|error| ApiError::Unexpected(error.to_string()))?;
    let file = found.ok_or(ApiError::NoRoute)?;
    let kind = HeaderValue::try_from(file.content_type).map_err(|error| ApiError::Unexpected(error.to_string()))?;
    Ok(served(kind, file.bytes.into_owned()))
}

fn served(kind: HeaderValue, body: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        NOSNIFF,
    ];
    (headers, body.into()).into_response()
}
