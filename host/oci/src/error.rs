//! Errors of pulls and pushes.
//!
//! Guarantee: every message names the reference and the next step, is safe for a terminal, and
//! holds no credential.

use std::time::Duration;

use oci_client::errors::{OciDistributionError, OciErrorCode};

use super::OciReference;
use vconduit_base::cause::root_cause;
use vconduit_base::text;

/// The reason why a component was not pulled or pushed.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// The text is not a reference that names registry and version.
    #[error("{text:?} is not a reference that can be used: {reason}")]
    BadReference {
        /// The text at fault, escaped and cut.
        text: String,
        /// The rule that it breaks, and the form to write.
        reason: &'static str,
    },
    /// The registry has no such artifact, or hides it.
    #[error("{reference} was not found; check repository and tag, and whether it needs a user (VCONDUIT_OCI_USER)")]
    NotFound {
        /// The reference that was pulled or pushed.
        reference: OciReference,
    },
    /// The artifact is not a component.
    #[error(
        "{reference} is not a Wasm artifact but {what}; push it with `vconduit link push FILE --oci REF` or a tool for Wasm artifacts"
    )]
    NotWasm {
        /// The reference that was pulled or pushed.
        reference: OciReference,
        /// The kind of artifact that it is.
        what: String,
    },
    /// The component is longer than the limit.
    #[error(
        "{reference} has at least {size} bytes, the limit component_bytes is {limit}; strip debug information, or raise the limit"
    )]
    TooLarge {
        /// The reference that was pulled or pushed.
        reference: OciReference,
        /// The announced length, or the length that was read so far, in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The registry does not accept the credentials.
    #[error(
        "the registry refused access to {reference}; set VCONDUIT_OCI_REGISTRY={}, VCONDUIT_OCI_USER and VCONDUIT_OCI_PASSWORD to a user with access",
        reference.registry()
    )]
    Refused {
        /// The reference that was pulled or pushed.
        reference: OciReference,
    },
    /// The registry sent other bytes than those of the digest.
    #[error(
        "{reference}: the registry sent bytes that do not match the digest; try again, and if the error stays, don't trust this registry"
    )]
    WrongDigest {
        /// The reference that was pulled or pushed.
        reference: OciReference,
    },
    /// There is no connection to the registry.
    #[error(
        "the registry of {reference} can't be reached: {reason}; check the host, and for a registry without TLS set VCONDUIT_OCI_INSECURE={}",
        reference.registry()
    )]
    Unreachable {
        /// The reference that was pulled or pushed.
        reference: OciReference,
        /// The innermost cause.
        reason: String,
    },
    /// The pull or push took too long.
    #[error("{reference} took longer than {} s; try again when the registry is less busy", limit.as_secs())]
    Slow {
        /// The reference that was pulled or pushed.
        reference: OciReference,
        /// The limit of a whole pull or push.
        limit: Duration,
    },
    /// Any other error that the registry reported.
    #[error("the registry of {reference} sent an unexpected response: {response}; see the log of the registry")]
    Unexpected {
        /// The reference that was pulled or pushed.
        reference: OciReference,
        /// The error of the registry, escaped and cut.
        response: String,
    },
}

impl OciError {
    pub(super) fn not_wasm(reference: &OciReference, what: &str) -> Self {
        Self::NotWasm {
            reference: reference.clone(),
            what: text::clean(what, 200).into_owned(),
        }
    }

    /// Classifies an error of the client.
    pub(super) fn of(reference: &OciReference, error: OciDistributionError) -> Self {
        use OciDistributionError as ClientError;
        let reference = reference.clone();
        match &error {
            ClientError::ImageManifestNotFoundError(_) | ClientError::ServerError { code: 404, .. } => {
                Self::NotFound { reference }
            }
            ClientError::RegistryError { envelope, .. } if has_code(envelope, &NOT_FOUND) => {
                Self::NotFound { reference }
            }
            ClientError::RegistryError { envelope, .. } if has_code(envelope, &REFUSED) => Self::Refused { reference },
            ClientError::UnauthorizedError { .. }
            | ClientError::AuthenticationFailure(_)
            | ClientError::ServerError { code: 401 | 403, .. } => Self::Refused { reference },
            ClientError::ImageIndexParsingNoPlatformResolverError => {
                Self::not_wasm(&reference, "an index of several images")
            }
            ClientError::UnsupportedMediaTypeError(what) => Self::not_wasm(&reference, &format!("a {what}")),
            ClientError::DigestError(_) => Self::WrongDigest { reference },
            ClientError::IoError(error) if is_wrong_digest(error) => Self::WrongDigest { reference },
            ClientError::RequestError(error) => Self::request(reference, error),
            other => Self::Unexpected {
                reference,
                response: text::clean(&other.to_string(), 300).into_owned(),
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

fn has_code(envelope: &oci_client::errors::OciEnvelope, codes: &[OciErrorCode]) -> bool {
    envelope.errors.iter().any(|error| codes.contains(&error.code))
}

fn is_wrong_digest(error: &std::io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(|inner| inner.is::<oci_client::errors::DigestError>())
}
