//! Client of a server's admin API.
//!
//! Guarantee: the key goes to that server only and is never shown. Every response that is not a
//! success becomes an error with the server's own explanation.

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
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{LinkCommandError, words};
use crate::link::arguments::{ServerArgs, ServerKey};
use problem::ServerProblem;
use vconduit_admin_types::UploadedVersion;
use vconduit_base::cause::root_cause;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time of a request: an upload of 128 MiB, a compilation of a minute, and the confirmation
/// of every host.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(600);

/// Request header with a signature: the text of the `.minisig` file in base64.
pub(super) const SIGNATURE_HEADER: &str = "x-vconduit-signature";

/// The body of a response.
pub(super) struct Received<T> {
    /// In the type of the API.
    pub body: T,
    /// As it was received, for the output of programs: a newer server may send more members.
    pub json: Value,
}

/// A client of one server.
pub(super) struct AdminClient {
    http: reqwest::Client,
    base: Url,
    key: Option<ServerKey>,
}

impl AdminClient {
    /// A client of `server`.
    ///
    /// # Errors
    /// When the URL is not one of a server, or the key file can't be read.
    pub(super) fn new(server: &ServerArgs) -> Result<Self, LinkCommandError> {
        let bad = |reason: &str| {
            LinkCommandError::Input(format!("--server: {reason}; write http://host:port or https://host"))
        };
        let base = Url::parse(&server.server).map_err(|error| bad(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(bad("this is not the URL of a server"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(bad(
                "a key does not belong into the URL; give it with --key-file or VCONDUIT_ADMIN_KEY",
            ));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(WHOLE_TIMEOUT)
            // A redirect would send the component, and perhaps the key, to a server that the user
            // did not name.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("vconduit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                LinkCommandError::Input(format!(
                    "the HTTP client can't start: {error}; check the TLS certificates of this machine"
                ))
            })?;
        Ok(Self {
            http,
            base,
            key: key(server)?,
        })
    }

    /// Gets a resource.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Received<T>, LinkCommandError> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a request for a change.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Received<T>, LinkCommandError> {
        let request = self.request(method, path);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Uploads a component of `length` bytes.
    pub(super) async fn upload(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        signature: Option<&str>,
        length: u64,
        bytes: impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + Sync + 'static,
    ) -> Result<Received<UploadedVersion>, LinkCommandError> {
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

    /// A request to a path below `/admin/v1`, with the key.
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

    /// Sends a request and returns the body of the response.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Received<T>, LinkCommandError> {
        let unreachable = |error: reqwest::Error| LinkCommandError::Unreachable {
            server: self.base.to_string(),
            reason: words::foreign(&root_cause(&error).to_string()).into_owned(),
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unreachable)?;
        let json = serde_json::from_slice::<Value>(&body).ok();
        let unexpected = |reason: &str| LinkCommandError::Unexpected {
            server: self.base.to_string(),
            response: format!("{status} {}", words::foreign(reason)),
        };
        if let (true, Some(json)) = (status.is_success(), &json) {
            let body = T::deserialize(json).map_err(|error| unexpected(&error.to_string()))?;
            return Ok(Received {
                body,
                json: json.clone(),
            });
        }
        if let Some(problem) = ServerProblem::of(status.as_u16(), json) {
            return Err(LinkCommandError::Problem(Box::new(problem)));
        }
        let text = String::from_utf8_lossy(body.get(..200).unwrap_or(&body)).into_owned();
        Err(unexpected(text.trim()))
    }
}

/// The key of `--key-file`, or else of `--key` or the variable.
fn key(server: &ServerArgs) -> Result<Option<ServerKey>, LinkCommandError> {
    let Some(path) = &server.key_file else {
        return Ok(server.key.clone());
    };
    let text = std::fs::read_to_string(path).map_err(LinkCommandError::reading(path))?;
    let line = text.lines().next().unwrap_or_default();
    line.parse()
        .map(Some)
        .map_err(|reason| LinkCommandError::Input(format!("{} has no key in its first line: {reason}", path.display())))
}
