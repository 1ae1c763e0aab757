//! Posting documents to addresses (`spec/storages.md` §3.14).
//!
//! Guarantee: `Ok` means that every address answered 2xx. All are tried, whatever the others do; a retry posts to all of them again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde_json::Value;

use super::{Implementation, built};
use crate::factory::StorageContext;
use crate::options::{OptionKind, OptionSpec, Options};
use crate::secret::{Secret, shown_address};
use crate::{Abilities, Saved, Storage, StorageError};
use vcon_document::VconId;
use vcon_document::{Edit, Form, Pointer, Text};
use vconduit_base::cause::root_cause;
use vconduit_base::tls;
use vconduit_telemetry::metrics::WEBHOOK_TIME;

/// The options; their defaults stand where they are read.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// Where to post.
    pub urls: Vec<Secret>,
    /// What to send along. Values are marked sensitive.
    pub headers: HeaderMap,
    /// The longest wait for one address.
    pub timeout: Duration,
}

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(URLS, OptionKind::Urls)
        .old_names(&["webhook_urls", "urls"])
        .secret(),
    OptionSpec::new(HEADERS, OptionKind::Headers).secret(),
    OptionSpec::new("timeout", OptionKind::Whole { min: 1, max: 600 }),
];

const URLS: &str = "webhook-urls";
const HEADERS: &str = "headers";

pub(super) const IMPLEMENTATION: Implementation = Implementation {
    options: OPTIONS,
    build,
};

fn build(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = WebhookOptions::read(options);
    built(options, "", WebhookStorage::new(read))
}

impl WebhookOptions {
    /// Reads them.
    fn read(options: &mut Options) -> Self {
        let read = Self {
            urls: urls(options),
            headers: headers(options),
            timeout: Duration::from_secs(options.whole("timeout", 10)),
        };
        if read.urls.is_empty() && options.problems.is_empty() {
            options.warn(URLS, "is empty: nothing is sent");
        }
        read
    }
}

fn urls(options: &mut Options) -> Vec<Secret> {
    let items = match options.take(URLS) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(single) => vec![single],
    };
    let mut urls = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        match item
            .as_str()
            .filter(|text| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")))
        {
            Some(text) => urls.push(Secret::new(text)),
            None => options.problem(URLS, format!("entry {} must be an http or https URL", position + 1)),
        }
    }
    urls
}

fn headers(options: &mut Options) -> HeaderMap {
    let Some(Value::Object(members)) = options.take(HEADERS) else {
        return HeaderMap::new();
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &members {
        let text = value
            .as_str()
            .map(str::to_owned)
            .or_else(|| value.is_number().then(|| value.to_string()));
        let parts = HeaderName::try_from(name.as_str())
            .ok()
            .zip(text.and_then(|text| HeaderValue::try_from(text).ok()));
        let Some((header, mut value)) = parts else {
            options.problem(
                HEADERS,
                format!("{name:?} must be a header name, with a text of one line"),
            );
            continue;
        };
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    headers
}

/// The adapter.
#[derive(Debug)]
pub struct WebhookStorage {
    options: WebhookOptions,
    client: Client,
}

impl WebhookStorage {
    /// Makes it; sends nothing yet.
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn new(options: WebhookOptions) -> Result<Self, String> {
        tls::choose_provider();
        // A redirected POST turns into a GET without a body, or takes the headers' credentials to another host. Neither is a delivery.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(options.timeout)
            .connect_timeout(options.timeout);
        let client = client
            .build()
            .map_err(|error| format!("no HTTP client: {}", error.without_url()))?;
        Ok(Self { options, client })
    }

    async fn post(&self, url: &Secret, body: Bytes) -> Result<(), StorageError> {
        let mut request = self
            .client
            .post(url.expose())
            .headers(self.options.headers.clone())
            .body(body);
        if !self.options.headers.contains_key(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let start = Instant::now();
        let answer = request.send().await;
        let address = shown_address(url.expose());
        let mut answer =
            answer.map_err(|error| StorageError::Transient(format!("webhook {address}: {}", reason(&error))))?;
        let status = answer.status();
        drain(&mut answer).await;
        metrics::histogram!(WEBHOOK_TIME, "status_code" => status.as_str().to_owned()).record(start.elapsed());
        judge(&address, status)
    }
}

/// Takes the answer's text, so that the connection can be used again; not more of it than that is worth.
async fn drain(answer: &mut Response) {
    const MOST: usize = 64 * 1024;
    let mut taken = 0;
    while taken < MOST {
        match answer.chunk().await {
            Ok(Some(chunk)) => taken += chunk.len(),
            Ok(None) | Err(_) => return,
        }
    }
}

fn judge(address: &str, status: StatusCode) -> Result<(), StorageError> {
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(StorageError::Permanent(format!(
            "webhook {address}: answered {status}; give the address that it redirects to"
        )));
    }
    let message = format!("webhook {address}: answered {status}");
    let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    Err(if passing {
        StorageError::Transient(message)
    } else {
        StorageError::Permanent(message)
    })
}

/// The innermost cause, which is the one that helps ("connection refused"), without the URL.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let cause = root_cause(error);
    if cause.is::<reqwest::Error>() {
        "the request failed".to_owned()
    } else {
        cause.to_string()
    }
}

/// The text that is sent: receivers of this adapter know 0.3.0 where a document says 0.0.1 or nothing.
fn body(saved: &Saved) -> Result<Bytes, StorageError> {
    let text = rewritten(saved)?.unwrap_or_else(|| saved.text.clone());
    Ok(text.into_bytes())
}

fn rewritten(saved: &Saved) -> Result<Option<Text>, StorageError> {
    if saved.document.form() != Form::Unsigned {
        return Ok(None);
    }
    let failed =
        |error: &dyn std::fmt::Display| StorageError::Permanent(format!("webhook: the version can't be set: {error}"));
    let pointer = Pointer::parse("/vcon").map_err(|error| failed(&error))?;
    let old = match saved.document.get(&pointer).as_deref().map(str::trim) {
        None => true,
        Some(json) => json == "\"0.0.1\"",
    };
    if !old {
        return Ok(None);
    }
    let mut document = (*saved.document).clone();
    document
        .apply(&Edit::Set {
            pointer,
            value: "\"0.3.0\"".into(),
        })
        .map_err(|error| failed(&error))?;
    Ok(Some(document.text()))
}

#[async_trait]
impl Storage for WebhookStorage {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: false,
            delete: false,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let body = body(saved)?;
        let posts = self.options.urls.iter().map(|url| self.post(url, body.clone()));
        let failures: Vec<StorageError> = join_all(posts).await.into_iter().filter_map(Result::err).collect();
        if failures.is_empty() {
            return Ok(());
        }
        let message = failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        // One passing fault is worth the retry, though it posts to the others again.
        let passing = failures
            .iter()
            .any(|failure| matches!(failure, StorageError::Transient(_)));
        Err(if passing {
            StorageError::Transient(message)
        } else {
            StorageError::Permanent(message)
        })
    }

    async fn get(&self, _id: &VconId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn delete(&self, _id: &VconId) -> Result<bool, StorageError> {
        Ok(false)
    }
}
