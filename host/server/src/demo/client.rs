//! The demo's client: posts vCons as any other would.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures::StreamExt as _;
use indicatif::ProgressBar;

/// Posts under way at once.
const CONCURRENCY: usize = 8;

/// A file with a vCon.
pub(super) struct Sample {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A sample and what the server answered.
pub(super) struct Posted {
    /// The file's name.
    pub name: String,
    /// The id, where it was taken.
    pub id: Option<String>,
    /// Why it was refused, where it was.
    pub refused: Option<String>,
}

/// The vCons of a folder, by name.
pub(super) fn samples(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let context = || {
        format!(
            "can't read the samples in {}; name their folder with --samples",
            folder.display()
        )
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(context)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(context)?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".vcon.json"))
        .collect();
    files.sort();
    anyhow::ensure!(
        !files.is_empty(),
        "there are no *.vcon.json files in {}",
        folder.display()
    );
    files
        .into_iter()
        .map(|path| {
            let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            Ok(Sample { name, bytes })
        })
        .collect()
}

/// A REST client.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<(String, String)>,
}

impl Client {
    /// One for this server.
    pub fn new(address: SocketAddr, key: Option<(String, String)>) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().build()?,
            base: format!("http://{address}"),
            key,
        })
    }

    /// Posts all samples onto a list.
    pub async fn post_all(&self, samples: Vec<Sample>, list: &str, bar: &ProgressBar) -> anyhow::Result<Vec<Posted>> {
        bar.set_message("posting");
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

    async fn post(&self, sample: Sample, list: &str) -> anyhow::Result<Posted> {
        let url = format!("{}/vcon?ingress_lists={list}", self.base);
        let request = self
            .with_key(self.http.post(url))
            .header("content-type", "application/json")
            .body(sample.bytes);
        let answer = request
            .send()
            .await
            .with_context(|| format!("posting {}", sample.name))?;
        let (status, location) = (answer.status(), answer.headers().get("location").cloned());
        let body: serde_json::Value = answer
            .json()
            .await
            .with_context(|| format!("the answer to {}", sample.name))?;
        if !status.is_success() {
            return Ok(Posted {
                name: sample.name,
                id: None,
                refused: Some(format!("{status}: {}", reason(&body))),
            });
        }
        let from_location =
            location.and_then(|location| location.to_str().ok()?.rsplit('/').next().map(ToOwned::to_owned));
        let id = from_location.or_else(|| body.get("uuid")?.as_str().map(ToOwned::to_owned));
        Ok(Posted {
            name: sample.name,
            id,
            refused: None,
        })
    }

    /// Takes ids from an egress list.
    pub async fn egress(&self, list: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let url = format!("{}/vcon/egress?egress_list={list}&limit={count}", self.base);
        Ok(self
            .with_key(self.http.get(url))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    fn with_key(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.key {
            Some((header, key)) => request.header(header, key),
            None => request,
        }
    }
}

/// The server's reason, short.
fn reason(body: &serde_json::Value) -> String {
    let faults = body
        .get("detail")
        .and_then(serde_json::Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let described = faults.iter().map(|fault| {
        let way = fault
            .get("loc")
            .and_then(serde_json::Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let way: Vec<_> = way
            .iter()
            .map(|step| step.as_str().map_or_else(|| step.to_string(), ToOwned::to_owned))
            .collect();
        let message = fault.get("msg").and_then(serde_json::Value::as_str).unwrap_or_default();
        format!("{}: {message}", way.join("."))
    });
    described.collect::<Vec<_>>().join("; ")
}
