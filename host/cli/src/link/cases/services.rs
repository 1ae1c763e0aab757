//! Local services for a case: on loopback, in place of those that the case names.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Case, CaseError, ServiceResponse, lock};
use vconduit_policy::grants::HostGrant;

/// More than any limit allows a link to send.
const MAX_BODY_BYTES: usize = 128 << 20;

/// The local services of a case. They end when dropped.
pub(super) struct Services {
    services: Vec<Service>,
    shared: Arc<Mutex<Shared>>,
}

struct Service {
    /// Scheme, host and port in the case, for example `https://api.example.com`.
    origin: String,
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    responses: VecDeque<ServiceResponse>,
    received: Vec<Value>,
}

/// State of one service: its origin in the case, and the state of all.
type ServiceState = (Arc<str>, Arc<Mutex<Shared>>);

impl Services {
    /// Starts a service for each origin that the case expects requests to.
    pub(super) async fn start(case: &Case) -> std::io::Result<Self> {
        let shared = Arc::new(Mutex::new(Shared {
            responses: case.host.http_responses.iter().cloned().collect(),
            received: Vec::new(),
        }));
        let mut services = Vec::new();
        for origin in origins(case) {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            let state: ServiceState = (Arc::from(origin.as_str()), Arc::clone(&shared));
            let router = Router::new()
                .fallback(respond)
                .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
                .with_state(state);
            let task = tokio::spawn(async move {
                let _ = axum::serve(listener, router).await;
            });
            services.push(Service { origin, address, task });
        }
        Ok(Self { services, shared })
    }

    /// Replaces the origins in the options by the local addresses.
    pub(super) fn redirect(&self, options: &str) -> String {
        let replaced =
            |text: String, service: &Service| text.replace(&service.origin, &format!("http://{}", service.address));
        self.services.iter().fold(options.to_owned(), replaced)
    }

    /// Grants for these services, and for nothing else.
    pub(super) fn grants(&self) -> Vec<HostGrant> {
        let grant = |service: &Service| HostGrant {
            host: service.address.ip().to_string(),
            port: Some(service.address.port()),
            private: true,
        };
        self.services.iter().map(grant).collect()
    }

    /// Requests so far, in order.
    pub(super) fn received(&self) -> Vec<Value> {
        lock(&self.shared).received.clone()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for service in &self.services {
            service.task.abort();
        }
    }
}

/// Checks that local services can replace those that the case names. `options` is the text with
/// their addresses.
pub(super) fn check(case: &Case, options: &str) -> Result<(), CaseError> {
    if case.expect.http.is_empty() && !case.host.http_responses.is_empty() {
        return Err(CaseError::NoRequests);
    }
    let elsewhere = origins(case).into_iter().find(|origin| !options.contains(origin));
    elsewhere.map_or(Ok(()), |origin| Err(CaseError::NotInOptions(origin)))
}

/// All origins of expected requests. The longest come first: an origin that begins with another is
/// replaced before it.
fn origins(case: &Case) -> Vec<String> {
    let urls = case
        .expect
        .http
        .iter()
        .filter_map(|request| request.get("url")?.as_str());
    let mut origins: Vec<String> = urls.filter_map(origin).map(ToOwned::to_owned).collect();
    origins.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    origins.dedup();
    origins
}

/// Scheme, host and port of a URL, for example `https://host:port`.
fn origin(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let rest = url.get(start..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..start + end).filter(|_| end > 0)
}

async fn respond(
    State((origin, shared)): State<ServiceState>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, String) {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut shared = lock(&shared);
    shared
        .received
        .push(json!({"method": method.as_str(), "url": format!("{origin}{path}"), "json": json}));
    match shared.responses.pop_front() {
        Some(response) => (
            StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            response.json.to_string(),
        ),
        None => (StatusCode::OK, "{}".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_can_be_replaced_if_its_address_is_in_the_options() {
        let case = |host: &str, expect: &str| {
            let text = format!(r#"{{"id": "a", "host": {host}, "expect": {expect}}}"#);
            Case::read(&text).unwrap().remove(0)
        };
        let options = r#"{"url":"https://a.example/x"}"#;
        let responses = r#"{"http_responses": [{"status": 200}]}"#;
        let request = |url: &str| format!(r#"{{"http": [{{"url": "{url}"}}]}}"#);
        assert!(check(&case(responses, &request("https://a.example/y")), options).is_ok());
        assert!(check(&case("{}", "{}"), options).is_ok());
        let unasked = check(&case(responses, "{}"), options).unwrap_err();
        assert!(matches!(unasked, CaseError::NoRequests), "{unasked}");
        let elsewhere = check(&case(responses, &request("https://b.example/y")), options).unwrap_err();
        assert!(elsewhere.to_string().contains("https://b.example"), "{elsewhere}");
    }

    #[test]
    fn the_origin_of_a_url_ends_where_its_path_begins() {
        for (url, expected) in [
            ("https://a.example/x/y", Some("https://a.example")),
            ("http://a.example:81?q", Some("http://a.example:81")),
            ("https://a.example", Some("https://a.example")),
            ("https:///x", None),
            ("a.example/x", None),
        ] {
            assert_eq!(origin(url), expected, "{url}");
        }
    }
}
