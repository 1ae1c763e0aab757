//! Components in OCI registries, in the Wasm OCI artifact layout: one manifest, one layer of
//! `application/wasm`.
//!
//! Guarantee: a pulled component is not longer than the limit and matches the digest in the
//! manifest. If the reference has a digest, the manifest matches it. Connections use https, except
//! to this machine and to registries that the operator names. Credentials are sent to their own
//! registry only, and reach no log and no error. A manifest is read without a limit: the operator's
//! registry is trusted to keep it short.
//!
//! Built on `oci-client`. The `oci-wasm` crate on top of it reads a layer whole and without a
//! limit, and returns `anyhow` errors. Here a layer is streamed up to a limit, and each kind of
//! error has a type.

mod artifact;
mod error;
mod reference;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciManifest;
use oci_client::secrets::RegistryAuth;

use vconduit_base::tls;

pub use artifact::SIGNATURE_ANNOTATION;
pub use error::OciError;
pub use reference::OciReference;
pub use settings::{Credentials, OciSettings};

/// The longest time until a connection is open. After that, the registry is unavailable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest pause in the middle of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time of a whole pull or push: 64 MiB at 2 Mbit/s.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Pulls and pushes components.
#[derive(Debug, Clone)]
pub struct Oci {
    settings: OciSettings,
}

/// A component that was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The bytes of the component.
    pub bytes: Bytes,
    /// The digest of the manifest, `sha256:…`. It pins this version in a reference.
    pub manifest_digest: String,
    /// The text of the minisign signature of the component, if there is one. It is not verified.
    pub signature: Option<String>,
}

/// A component to push, with its annotations.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The bytes of the component.
    pub bytes: Bytes,
    /// The text of the minisign signature of the component.
    pub signature: Option<String>,
    /// The name of the component, for people who look at the registry.
    pub title: String,
    /// The version of the component.
    pub version: String,
    /// The description of the component in one sentence.
    pub summary: String,
    /// The interfaces that the component imports.
    pub imports: Vec<String>,
    /// The interfaces that the component exports.
    pub exports: Vec<String>,
}

impl Oci {
    /// Makes a client with these settings. It opens no connection.
    #[must_use]
    pub fn new(settings: OciSettings) -> Self {
        Self { settings }
    }

    /// Fetches a component of at most `limit` bytes.
    ///
    /// # Errors
    /// [`OciError`] with the reference and the next step.
    pub fn pull<'a>(&'a self, reference: &'a OciReference, limit: u64) -> BoxFuture<'a, Result<Pulled, OciError>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.with_timeout(reference, self.pull_all(reference, limit)).boxed()
    }

    /// Stores a component. Returns the digest of the manifest, `sha256:…`.
    ///
    /// # Errors
    /// [`OciError`] with the reference and the next step.
    pub fn push<'a>(&'a self, reference: &'a OciReference, parcel: Parcel) -> BoxFuture<'a, Result<String, OciError>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        let push = async move {
            reference.check_for_push()?;
            self.with_timeout(reference, self.push_all(reference, parcel)).await
        };
        push.boxed()
    }

    async fn pull_all(&self, reference: &OciReference, limit: u64) -> Result<Pulled, OciError> {
        let failed = |error| OciError::of(reference, error);
        let client = self.client(reference)?;
        let auth = self.auth(reference);
        let (manifest, manifest_digest) = client.pull_manifest(reference.inner(), &auth).await.map_err(failed)?;
        let OciManifest::Image(manifest) = manifest else {
            return Err(OciError::not_wasm(reference, "an index of several images"));
        };
        let layer = artifact::component_layer(reference, &manifest)?;
        let too_large = |size| OciError::TooLarge {
            reference: reference.clone(),
            size,
            limit,
        };
        let announced = u64::try_from(layer.size).unwrap_or(u64::MAX);
        if announced > limit {
            return Err(too_large(announced));
        }
        // By its digest only: a manifest can name other addresses for a layer, which are not used.
        let mut stream = client
            .pull_blob_stream(reference.inner(), layer.digest.as_str())
            .await
            .map_err(failed)?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(error.into()))?;
            let size = u64::try_from(bytes.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
            if size > limit {
                return Err(too_large(size));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Pulled {
            bytes: bytes.freeze(),
            manifest_digest,
            signature: artifact::signature(&manifest),
        })
    }

    async fn push_all(&self, reference: &OciReference, parcel: Parcel) -> Result<String, OciError> {
        let failed = |error| OciError::of(reference, error);
        let client = self.client(reference)?;
        let layer = ImageLayer::new(parcel.bytes.clone(), artifact::LAYER.to_owned(), None);
        let config = Config::new(artifact::config(&parcel), artifact::CONFIG.to_owned(), None);
        let manifest = artifact::manifest(&parcel, &layer, &config);
        client
            .push(
                reference.inner(),
                &[layer],
                config,
                &self.auth(reference),
                Some(manifest),
            )
            .await
            .map_err(failed)?;
        // The digest comes from the registry, because the registry decides what it stores.
        client
            .fetch_manifest_digest(reference.inner(), &self.auth(reference))
            .await
            .map_err(failed)
    }

    fn client(&self, reference: &OciReference) -> Result<Client, OciError> {
        let registry = reference.inner().resolve_registry().to_owned();
        let protocol = match reference.is_loopback() || self.settings.insecure.contains(&registry) {
            true => ClientProtocol::HttpsExcept(vec![registry]),
            false => ClientProtocol::Https,
        };
        let config = ClientConfig {
            protocol,
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            user_agent: concat!("vconduit/", env!("CARGO_PKG_VERSION")),
            platform_resolver: None,
            ..ClientConfig::default()
        };
        // The client below makes another client with defaults first, which needs a provider.
        tls::choose_provider();
        Client::try_from(config).map_err(|error| OciError::of(reference, error))
    }

    fn auth(&self, reference: &OciReference) -> RegistryAuth {
        match &self.settings.credentials {
            Some(credentials) if credentials.registry == reference.registry() => {
                RegistryAuth::Basic(credentials.user.clone(), credentials.password.to_string())
            }
            _ => RegistryAuth::Anonymous,
        }
    }

    async fn with_timeout<T>(
        &self,
        reference: &OciReference,
        work: impl Future<Output = Result<T, OciError>>,
    ) -> Result<T, OciError> {
        tokio::time::timeout(WHOLE_TIMEOUT, work)
            .await
            .map_err(|_| OciError::Slow {
                reference: reference.clone(),
                limit: WHOLE_TIMEOUT,
            })?
    }
}
