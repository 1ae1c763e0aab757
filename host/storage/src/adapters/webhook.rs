//! Posts vCons to URLs.
//!
//! Guarantee: a save returns `Ok` when every address responded with 2xx. Each address is tried,
//! whatever the others respond. A retry posts to all of them again.

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

/// Options of the webhook storage. [`WebhookOptions::read`] has their defaults.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// URLs to post to.
    pub urls: Vec<Secret>,
    /// Headers of the requests. Their values are marked as sensitive.
    pub headers: HeaderMap,
    /// Maximum wait for one address.
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
    /// Reads the options.
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

/// The webhook storage.
#[derive(Debug)]
pub struct WebhookStorage {
    options: WebhookOptions,
    client: Client,
}

impl WebhookStorage {
    /// Creates a storage. Nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(options: WebhookOptions) -> Result<Self, String> {
        tls::choose_provider();
        // A redirected POST becomes a GET without a body, or brings the credentials in its headers
        // to another host.
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
        let response = request.send().await;
        let address = shown_address(url.expose());
        let mut response =
            response.map_err(|error| StorageError::Transient(format!("webhook {address}: {}", reason(&error))))?;
        let status = response.status();
        drain(&mut response).await;
        metrics::histogram!(WEBHOOK_TIME, "status_code" => status.as_str().to_owned()).record(start.elapsed());
        judge(&address, status)
    }
}

/// Reads the body of the response, so that the connection can be used again. A longer body costs
/// more than a new connection.
async fn drain(response: &mut Response) {
    const MAX_BYTES: usize = 64 * 1024;
    let mut taken = 0;
    while taken < MAX_BYTES {
        match response.chunk().await {
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
            "webhook {address}: responded with {status}; give the address that it redirects to"
        )));
    }
    let message = format!("webhook {address}: responded with {status}");
    let is_transient = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    Err(if is_transient {
        StorageError::Transient(message)
    } else {
        StorageError::Permanent(message)
    })
}

/// Returns the innermost cause, such as "connection refused", without the URL.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no response in time".to_owned();
    }
    let cause = root_cause(error);
    if cause.is::<reqwest::Error>() {
        "the request failed".to_owned()
    } else {
        cause.to_string()
    }
}

/// Returns the text that is sent. As in the Conserver, the version is 0.3.0 if a document has 0.0.1
/// or none.
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
        // If one of the failures may pass, the retry is worth it, although it posts to all others
        // again.
        let is_transient = failures
            .iter()
            .any(|failure| matches!(failure, StorageError::Transient(_)));
        Err(if is_transient {
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
