//! Components in OCI registries, in the Wasm OCI artifact layout: one manifest, one layer of `application/wasm`.
//!
//! Guarantee: what a pull gives is no longer than the limit, and is what the manifest's digest says; where the reference has a digest,
//! so is the manifest. Only https is spoken, except to this machine and to registries that the operator names. Credentials go to the one
//! registry that they are for, and into no log and no error. A manifest is read whole: the operator's registry is trusted to keep it short.
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
use futures::StreamExt as _;
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciManifest;
use oci_client::secrets::RegistryAuth;

use vconduit_base::tls;

pub use artifact::SIGNATURE_ANNOTATION;
pub use error::OciError;
pub use reference::OciReference;
pub use settings::{Credentials, OciSettings};

/// A registry that does not answer is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest silence in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// All of a pull or a push: 64 MiB at 2 Mbit/s.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Pulls and pushes components.
#[derive(Debug, Clone)]
pub struct Oci {
    settings: OciSettings,
}

/// A component that was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The component.
    pub bytes: Bytes,
    /// The digest of the manifest, `sha256:…`: what pins this version in a reference.
    pub manifest_digest: String,
    /// The text of its minisign signature, if it came with one. Not checked here.
    pub signature: Option<String>,
}

/// What is pushed.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The component.
    pub bytes: Bytes,
    /// The text of its minisign signature.
    pub signature: Option<String>,
    /// What it is called, for people who look at the registry.
    pub title: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
}

impl Oci {
    /// Speaks to registries as `settings` say.
    #[must_use]
    pub fn new(settings: OciSettings) -> Self {
        Self { settings }
    }

    /// Fetches a component of at most `limit` bytes.
    ///
    /// # Errors
    /// What is in the way, with the reference and what to do.
    pub async fn pull(&self, reference: &OciReference, limit: u64) -> Result<Pulled, OciError> {
        self.in_time(reference, self.pull_whole(reference, limit)).await
    }

    /// Stores a component. Answers the digest of the manifest, `sha256:…`.
    ///
    /// # Errors
    /// What is in the way, with the reference and what to do.
    pub async fn push(&self, reference: &OciReference, parcel: Parcel) -> Result<String, OciError> {
        reference.check_for_push()?;
        self.in_time(reference, self.push_whole(reference, parcel)).await
    }

    async fn pull_whole(&self, reference: &OciReference, limit: u64) -> Result<Pulled, OciError> {
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
        // By its digest alone: other places that a manifest may name for a layer are not asked.
        let mut stream = client
            .pull_blob_stream(reference.inner(), layer.digest.as_str())
            .await
            .map_err(failed)?;
        let mut bytes = BytesMut::new();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| failed(error.into()))?;
            let size = u64::try_from(bytes.len().saturating_add(piece.len())).unwrap_or(u64::MAX);
            if size > limit {
                return Err(too_large(size));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Pulled {
            bytes: bytes.freeze(),
            manifest_digest,
            signature: artifact::signature(&manifest),
        })
    }

    async fn push_whole(&self, reference: &OciReference, parcel: Parcel) -> Result<String, OciError> {
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
        // Asked of the registry: it is the one to say what it keeps.
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
        // On its way, the client below makes a client with defaults, which needs a provider.
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

    async fn in_time<T>(
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
