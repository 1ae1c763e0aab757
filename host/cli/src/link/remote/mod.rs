//! Asking a server's admin API.
//!
//! Guarantee: the key goes to that server only and is never shown; every answer that is no success becomes an error that names the
//! server's own words.

pub(super) mod grant;
pub(super) mod list;
pub(super) mod problem;
pub(super) mod switch;
mod version;

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, RequestBuilder, Url};
use serde_json::Value;

use super::{LinkError, words};
use crate::link::arguments::{Key, Server};
use problem::Problem;
use vconduit_base::cause::root_cause;

/// A server that is there answers by then.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An upload of 128 MiB, a compile of a minute and the wait for every host.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(600);

/// The header that carries a signature: the text of the `.minisig` file in base64.
pub(super) const SIGNATURE_HEADER: &str = "x-vconduit-signature";

/// A server's admin API.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<Key>,
}

impl Client {
    /// Asks `server`.
    pub(super) fn new(server: &Server) -> Result<Self, LinkError> {
        let bad =
            |reason: &str| LinkError::Given(format!("--server: {reason}; write http://host:port or https://host"));
        let base = Url::parse(&server.server).map_err(|error| bad(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(bad("this is not the address of a server"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(bad(
                "a key does not go into the address, but into --key-file or VCONDUIT_ADMIN_KEY",
            ));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(WHOLE_TIMEOUT)
            // A redirect would take the component, and perhaps the key, to a place that nobody named.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("vconduit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| LinkError::Given(format!("no HTTP client can be made here: {error}")))?;
        Ok(Self {
            http,
            base,
            key: key(server)?,
        })
    }

    /// What is at a path.
    pub(super) async fn get(&self, path: &[&str]) -> Result<Value, LinkError> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Asks for something to be done.
    pub(super) async fn ask(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Value, LinkError> {
        let request = self.request(method, path);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Uploads `length` bytes.
    pub(super) async fn upload(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        signature: Option<&str>,
        length: u64,
        bytes: impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + Sync + 'static,
    ) -> Result<Value, LinkError> {
        let mut request = self
            .request(Method::POST, path)
            .query(query)
            .header(CONTENT_TYPE, "application/wasm")
            .header(CONTENT_LENGTH, length);
        if let Some(signature) = signature {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        self.send(request.body(Body::wrap_stream(bytes))).await
    }

    /// A request of the caller's own making.
    pub(super) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["admin", "v1"]).extend(path);
        }
        let request = self.http.request(method, url);
        match &self.key {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        }
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Value, LinkError> {
        let unreachable = |error: reqwest::Error| LinkError::Unreachable {
            server: self.base.to_string(),
            reason: words::foreign(&root_cause(&error).to_string()).into_owned(),
        };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        let json = serde_json::from_slice::<Value>(&body);
        if let (true, Ok(json)) = (status.is_success(), &json) {
            return Ok(json.clone());
        }
        if let Some(problem) = Problem::of(status.as_u16(), json.ok()) {
            return Err(LinkError::Problem(Box::new(problem)));
        }
        let text = String::from_utf8_lossy(body.get(..200).unwrap_or(&body)).into_owned();
        Err(LinkError::Unexpected {
            server: self.base.to_string(),
            said: format!("{status} {}", words::foreign(text.trim())),
        })
    }
}

fn key(server: &Server) -> Result<Option<Key>, LinkError> {
    let Some(path) = &server.key_file else {
        return Ok(server.key.clone());
    };
    let text = std::fs::read_to_string(path).map_err(LinkError::reading(path))?;
    let line = text.lines().next().unwrap_or_default();
    line.parse()
        .map(Some)
        .map_err(|reason| LinkError::Given(format!("{} holds no key in its first line: {reason}", path.display())))
}

/// A text member.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The members of a list.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
