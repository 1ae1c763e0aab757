//! Why a component did not come from, or go to, a registry.
//!
//! Guarantee: every text names the reference and what to do, is fit for a terminal, and holds no credential.

use std::time::Duration;

use oci_client::errors::{OciDistributionError, OciErrorCode};

use super::OciReference;
use vconduit_base::cause::root_cause;
use vconduit_base::text;

/// Why a component did not come or go.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// Not a reference.
    #[error("{text:?} is not a reference that can be used: {reason}")]
    BadReference {
        /// What was written.
        text: String,
        /// What to write.
        reason: &'static str,
    },
    /// Nothing there.
    #[error("{reference} was not found; check repository and tag, and whether it needs a user (VCONDUIT_OCI_USER)")]
    NotFound {
        /// Which.
        reference: OciReference,
    },
    /// Something else is there.
    #[error(
        "{reference} is not a Wasm artifact but {what}; push it with `vconduit link push FILE --oci REF` or a tool for Wasm artifacts"
    )]
    NotWasm {
        /// Which.
        reference: OciReference,
        /// What it is.
        what: String,
    },
    /// Too long.
    #[error(
        "{reference} has at least {size} bytes, the limit component_bytes is {limit}; strip debug information, or raise the limit"
    )]
    TooLarge {
        /// Which.
        reference: OciReference,
        /// As far as it was read, or as announced.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The registry wants someone else.
    #[error(
        "the registry refused {reference}; set VCONDUIT_OCI_REGISTRY={}, VCONDUIT_OCI_USER and VCONDUIT_OCI_PASSWORD to someone who may",
        reference.registry()
    )]
    Refused {
        /// Which.
        reference: OciReference,
    },
    /// Other bytes than the digest says.
    #[error(
        "{reference}: what the registry sent is not what the digest says; try again, and if it stays so, don't trust this registry"
    )]
    WrongDigest {
        /// Which.
        reference: OciReference,
    },
    /// No connection.
    #[error(
        "the registry of {reference} can't be reached: {reason}; check the host, and for a registry without TLS set VCONDUIT_OCI_INSECURE={}",
        reference.registry()
    )]
    Unreachable {
        /// Which.
        reference: OciReference,
        /// What happened.
        reason: String,
    },
    /// Too slow.
    #[error("{reference} took longer than {} s; try again when the registry is less busy", limit.as_secs())]
    Slow {
        /// Which.
        reference: OciReference,
        /// The limit.
        limit: Duration,
    },
    /// Anything else that the registry said.
    #[error("the registry of {reference} answered something unexpected: {said}; look into the registry's own log")]
    Unexpected {
        /// Which.
        reference: OciReference,
        /// What it said, cut and escaped.
        said: String,
    },
}

impl OciError {
    pub(super) fn not_wasm(reference: &OciReference, what: &str) -> Self {
        Self::NotWasm {
            reference: reference.clone(),
            what: text::clean(what, 200).into_owned(),
        }
    }

    /// Sorts what the client says.
    pub(super) fn of(reference: &OciReference, error: OciDistributionError) -> Self {
        use OciDistributionError as Said;
        let reference = reference.clone();
        match &error {
            Said::ImageManifestNotFoundError(_) | Said::ServerError { code: 404, .. } => Self::NotFound { reference },
            Said::RegistryError { envelope, .. } if names(envelope, &NOT_FOUND) => Self::NotFound { reference },
            Said::RegistryError { envelope, .. } if names(envelope, &REFUSED) => Self::Refused { reference },
            Said::UnauthorizedError { .. }
            | Said::AuthenticationFailure(_)
            | Said::ServerError { code: 401 | 403, .. } => Self::Refused { reference },
            Said::ImageIndexParsingNoPlatformResolverError => Self::not_wasm(&reference, "an index of several images"),
            Said::UnsupportedMediaTypeError(what) => Self::not_wasm(&reference, &format!("a {what}")),
            Said::DigestError(_) => Self::WrongDigest { reference },
            Said::IoError(error) if is_wrong_digest(error) => Self::WrongDigest { reference },
            Said::RequestError(error) => Self::request(reference, error),
            other => Self::Unexpected {
                reference,
                said: text::clean(&other.to_string(), 300).into_owned(),
            },
        }
    }

    fn request(reference: OciReference, error: &reqwest::Error) -> Self {
        match error.status().map(|status| status.as_u16()) {
            Some(404) => Self::NotFound { reference },
            Some(401 | 403) => Self::Refused { reference },
            _ => Self::Unreachable {
                reference,
                reason: text::clean(&root_cause(error).to_string(), 300).into_owned(),
            },
        }
    }
}

const NOT_FOUND: [OciErrorCode; 3] = [
    OciErrorCode::ManifestUnknown,
    OciErrorCode::NameUnknown,
    OciErrorCode::NotFound,
];
const REFUSED: [OciErrorCode; 2] = [OciErrorCode::Unauthorized, OciErrorCode::Denied];

fn names(envelope: &oci_client::errors::OciEnvelope, codes: &[OciErrorCode]) -> bool {
    envelope.errors.iter().any(|error| codes.contains(&error.code))
}

fn is_wrong_digest(error: &std::io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(|inner| inner.is::<oci_client::errors::DigestError>())
}
