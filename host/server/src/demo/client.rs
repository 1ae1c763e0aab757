//! The demo's client of the REST API.

use std::net::SocketAddr;

use futures::StreamExt as _;
use indicatif::ProgressBar;
use serde_json::Value;

use super::DemoError;

/// Number of requests in flight at once.
const CONCURRENCY: usize = 8;

/// A sample file.
pub(super) struct Sample {
    /// File name, without the folder.
    pub name: String,
    /// The vCon as JSON text.
    pub bytes: Vec<u8>,
}

/// A sample and the server's response to it.
pub(super) struct Posted {
    /// File name of the sample.
    pub name: String,
    /// The vCon's id, or the reason of the refusal.
    pub id: Result<String, String>,
}

/// A client of one server.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<(String, String)>,
}

impl Client {
    /// A client of the server at `address`. `key` is a header's name and value.
    pub fn new(address: SocketAddr, key: Option<(String, String)>) -> Result<Self, DemoError> {
        Ok(Self {
            http: reqwest::Client::builder().build()?,
            base: format!("http://{address}"),
            key,
        })
    }

    /// Posts all samples to an ingress list.
    pub async fn post_all(
        &self,
        samples: Vec<Sample>,
        list: &str,
        bar: &ProgressBar,
    ) -> Result<Vec<Posted>, DemoError> {
        bar.set_message("posting vCons");
        let posts = samples.into_iter().map(|sample| async move {
            let posted = self.post(sample, list).await;
            bar.inc(1);
            posted
        });
        futures::stream::iter(posts)
            .buffered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .collect()
    }

    async fn post(&self, sample: Sample, list: &str) -> Result<Posted, DemoError> {
        let url = format!("{}/vcon?ingress_lists={list}", self.base);
        let request = self
            .with_key(self.http.post(url))
            .header("content-type", "application/json")
            .body(sample.bytes);
        let response = request.send().await?;
        let (status, location) = (response.status(), response.headers().get("location").cloned());
        let body: Value = response.json().await?;
        let from_location =
            || location.and_then(|location| location.to_str().ok()?.rsplit('/').next().map(ToOwned::to_owned));
        let id = match status.is_success() {
            true => from_location()
                .or_else(|| body.get("uuid")?.as_str().map(ToOwned::to_owned))
                .ok_or_else(|| format!("{status}: the response has no id")),
            false => Err(format!("{status}: {}", reason(&body))),
        };
        Ok(Posted { name: sample.name, id })
    }

    /// Takes up to `count` ids from an egress list.
    pub async fn take_egress(&self, list: &str, count: usize) -> Result<Vec<String>, DemoError> {
        let url = format!("{}/vcon/egress?egress_list={list}&limit={count}", self.base);
        let response = self.with_key(self.http.get(url)).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }

    fn with_key(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.key {
            Some((header, key)) => request.header(header, key),
            None => request,
        }
    }
}

/// The reason of a refusal in one line: each error of the body's `detail` with its path.
fn reason(body: &Value) -> String {
    let errors = members(body, "detail").iter().map(|error| {
        let path: Vec<String> = members(error, "loc")
            .iter()
            .map(|step| step.as_str().map_or_else(|| step.to_string(), ToOwned::to_owned))
            .collect();
        let message = error.get("msg").and_then(Value::as_str).unwrap_or_default();
        format!("{}: {message}", path.join("."))
    });
    errors.collect::<Vec<_>>().join("; ")
}

fn members<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
