//! The component of an upload: the body of the request, or a reference to a registry.
//!
//! Guarantee: no component longer than the limit is held in memory. A client that sends one gets a
//! response, not a broken connection.

use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ProblemDocument;
use crate::Shared;
use crate::edge::body::BodyError;
use vconduit_oci::OciReference;
use vconduit_policy::signature::MAX_SIGNATURE_BYTES;

/// Header with the text of a `.minisig` file, in base64.
const SIGNATURE: HeaderName = HeaderName::from_static("x-vconduit-signature");

/// Bytes of a reference to a registry, as JSON.
const MAX_REFERENCE_BYTES: usize = 4096;

/// Bytes of a body that is too large which are read all the same: four times the largest component.
const MAX_DISCARDED_BYTES: usize = 256 << 20;

/// Time that such bytes are read for.
const MAX_DISCARD_TIME: Duration = Duration::from_secs(10);

/// A component in a registry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentReference {
    /// `host/repo:tag`, `host/repo@sha256:…`, or both.
    oci: String,
}

/// Bytes of a component.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ComponentBytes(pub Vec<u8>);

/// A component and its signature.
pub(super) struct Component {
    pub bytes: Bytes,
    /// Text of a `.minisig` file.
    pub signature: Option<String>,
}

/// Reads the component from the body, or pulls it from the registry that the body names.
pub(super) async fn component(api: &Shared, headers: &HeaderMap, body: Body) -> Result<Component, ProblemDocument> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let max_bytes = api.links.registry().sandbox().component_bytes();
    let limit = if is_json {
        MAX_REFERENCE_BYTES
    } else {
        usize::try_from(max_bytes).unwrap_or(usize::MAX)
    };
    if declared(headers).is_some_and(|length| length > limit) {
        discard(body).await;
        return Err(BodyError::TooLarge { limit }.into());
    }
    let bytes = api.bodies.read(headers, body, limit).await?.bytes;
    if !is_json {
        return Ok(Component {
            bytes,
            signature: signature(headers)?,
        });
    }
    let reference: ComponentReference = serde_json::from_slice(&bytes)
        .map_err(|error| ProblemDocument::invalid(error.to_string()).fix("send {\"oci\": \"host/repo:tag\"}"))?;
    let reference: OciReference = reference.oci.parse()?;
    let pulled = api.oci.pull(&reference, max_bytes).await?;
    Ok(Component {
        bytes: pulled.bytes,
        signature: signature(headers)?.or(pulled.signature),
    })
}

fn declared(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the rest of a body and drops it, within bounds. A client that is still sending would see a
/// broken connection instead of the response.
async fn discard(mut body: Body) {
    let mut left = MAX_DISCARDED_BYTES;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // A client that is too slow sees the broken connection after all.
    let _ = tokio::time::timeout(MAX_DISCARD_TIME, reading).await;
}

fn signature(headers: &HeaderMap) -> Result<Option<String>, ProblemDocument> {
    let Some(value) = headers.get(SIGNATURE) else {
        return Ok(None);
    };
    let bad = || ProblemDocument::invalid(format!("{SIGNATURE} is not the base64 of a .minisig file"));
    if value.len() > MAX_SIGNATURE_BYTES * 2 {
        return Err(bad());
    }
    let text = STANDARD.decode(value.as_bytes()).map_err(|_| bad())?;
    String::from_utf8(text).map(Some).map_err(|_| bad())
}

impl From<BodyError> for ProblemDocument {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge { limit } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "refused",
                "the component was refused",
                format!("the component is longer than {limit} bytes, the limit component_bytes"),
            )
            .fix("strip debug information")
            .with("step", "size"),
            BodyError::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the body is too slow", detail),
            BodyError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many large bodies", detail).fix("try again")
            }
            BodyError::Broken => Self::invalid(detail),
        }
    }
}
