//! Options of the S3 storage, and the client that is built from them.
//!
//! Guarantee: plain HTTP is used only if the endpoint's URL begins with `http:`. Keys come from the
//! options. If both are absent, they come from the machine: environment, web identity, container,
//! instance (not from `~/.aws`).

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{ClientOptions, RetryConfig};

use crate::egress;
use crate::options::{OptionKind, OptionSpec, Options};
use crate::secret::{Secret, shown_address};
use vcon_document::EgressFormat;

/// Maximum wait for a connection. It is shorter than the runner's deadline, and so is the next one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum wait for a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(25);

/// Options of the S3 storage. [`S3Options::read`] has their defaults.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// Key id and key. Absent: those of the environment, web identity, container or instance.
    pub keys: Option<(Secret, Secret)>,
    /// Session token of temporary keys.
    pub session_token: Option<Secret>,
    /// Name of the bucket.
    pub bucket: String,
    /// Region of the bucket.
    pub region: Option<String>,
    /// URL of the service. Absent: Amazon's.
    pub endpoint_url: Option<String>,
    /// Beginning of all keys.
    pub s3_path: String,
    /// Format of this storage's copies. Absent: the deployment's.
    pub egress: Option<EgressFormat>,
}

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("aws_access_key_id", OptionKind::Text).secret(),
    OptionSpec::new("aws_secret_access_key", OptionKind::Text).secret(),
    OptionSpec::new("aws_session_token", OptionKind::Text).secret(),
    OptionSpec::new("aws_bucket", OptionKind::Text)
        .old_names(&["bucket"])
        .required(),
    OptionSpec::new("aws_region", OptionKind::Text).old_names(&["region"]),
    OptionSpec::new("endpoint_url", OptionKind::Text),
    OptionSpec::new("s3_path", OptionKind::Text).old_names(&["prefix"]),
    egress::OPTION,
];

impl S3Options {
    /// Reads the options. Returns none without a bucket.
    pub(super) fn read(options: &mut Options) -> Option<Self> {
        let bucket = options.text("aws_bucket");
        Some(Self {
            keys: keys(options),
            session_token: options.secret("aws_session_token"),
            region: options.text("aws_region"),
            endpoint_url: endpoint(options).or_else(|| variable(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])),
            s3_path: options.text("s3_path").unwrap_or_default(),
            egress: egress::read(options),
            bucket: bucket?,
        })
    }

    /// Builds the client. It does not retry, because the runner does.
    pub(super) fn client(&self) -> object_store::Result<AmazonS3> {
        let mut builder = self.with_keys().with_bucket_name(&self.bucket);
        if let Some(endpoint) = &self.endpoint_url {
            // Set under both names, because a variable of the environment would override the plain
            // one.
            builder = builder
                .with_endpoint(endpoint)
                .with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        let region = self
            .region
            .clone()
            .or_else(|| variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        if let Some(region) = region {
            builder = builder.with_region(region);
        }
        let plain = self
            .endpoint_url
            .as_deref()
            .is_some_and(|url| url.starts_with("http://"));
        let client = ClientOptions::new().with_allow_http(plain);
        let client = client
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(RESPONSE_TIMEOUT);
        let retry = RetryConfig {
            max_retries: 0,
            retry_timeout: RESPONSE_TIMEOUT,
            ..RetryConfig::default()
        };
        builder = builder.with_virtual_hosted_style_request(self.bucket_is_host());
        builder.with_client_options(client).with_retry(retry).build()
    }

    fn with_keys(&self) -> AmazonS3Builder {
        let Some((id, key)) = &self.keys else {
            return AmazonS3Builder::from_env();
        };
        let builder = AmazonS3Builder::new()
            .with_access_key_id(id.expose())
            .with_secret_access_key(key.expose());
        match &self.session_token {
            Some(token) => builder.with_token(token.expose()),
            None => builder,
        }
    }

    /// Returns true if the bucket is a part of the host name. Amazon expects that, but its
    /// certificates cover no bucket with a dot. Other services expect the bucket in the path.
    fn bucket_is_host(&self) -> bool {
        self.endpoint_url.is_none() && !self.bucket.contains('.')
    }

    /// Returns the name of this storage for messages.
    pub(super) fn shown(&self) -> String {
        let address = self.endpoint_url.as_deref().map(shown_address).unwrap_or_default();
        format!(
            "s3 storage {address}{}{}",
            if address.is_empty() { "" } else { "/" },
            self.bucket
        )
    }

    /// Returns the message without keys.
    pub(super) fn scrub(&self, message: &str) -> String {
        let keys = self
            .keys
            .iter()
            .flat_map(|(id, key)| [id, key])
            .chain(&self.session_token);
        keys.fold(message.to_owned(), |message, secret| secret.scrub(&message))
    }
}

/// Returns the first of these variables of the environment that is set.
fn variable(names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|value| !value.is_empty())
}

fn keys(options: &mut Options) -> Option<(Secret, Secret)> {
    let id = options.secret("aws_access_key_id");
    let key = options.secret("aws_secret_access_key");
    match (id, key) {
        (Some(id), Some(key)) => Some((id, key)),
        (None, None) => None,
        (Some(_), None) => {
            options.problem("aws_secret_access_key", "is needed with \"aws_access_key_id\"");
            None
        }
        (None, Some(_)) => {
            options.problem("aws_access_key_id", "is needed with \"aws_secret_access_key\"");
            None
        }
    }
}

fn endpoint(options: &mut Options) -> Option<String> {
    let url = options.text("endpoint_url")?;
    let parsed = reqwest::Url::parse(&url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match parsed {
        Some(parsed) if parsed.username().is_empty() && parsed.password().is_none() => Some(url),
        Some(_) => {
            options.problem(
                "endpoint_url",
                "must not hold a user or password; there are options for keys",
            );
            None
        }
        None => {
            options.problem("endpoint_url", "must be an http or https URL");
            None
        }
    }
}
