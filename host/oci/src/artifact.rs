//! The layout of a component in a registry: the Wasm OCI artifact
//! (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{SecondsFormat, Utc};
use oci_client::annotations::{
    ORG_OPENCONTAINERS_IMAGE_CREATED, ORG_OPENCONTAINERS_IMAGE_DESCRIPTION, ORG_OPENCONTAINERS_IMAGE_TITLE,
    ORG_OPENCONTAINERS_IMAGE_VERSION,
};
use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde_json::json;

use super::{OciError, OciReference, Parcel};
use vconduit_base::text;

/// The media type of the layer with the component.
pub(super) const LAYER: &str = "application/wasm";

/// The media type of the config.
pub(super) const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// The annotation of the manifest with the text of the component's `.minisig` file, in base64.
/// Without base64 the manifest would be invalid JSON, because the client does not escape line ends.
pub const SIGNATURE_ANNOTATION: &str = "vconduit.signature.minisign";

/// The longest annotation for people, in bytes.
const MAX_ANNOTATION_BYTES: usize = 1000;

/// Returns the layer with the component.
pub(super) fn component_layer<'a>(
    reference: &OciReference,
    manifest: &'a OciImageManifest,
) -> Result<&'a OciDescriptor, OciError> {
    // The media type of the config is not checked: older tools wrote others, and the layer is
    // enough.
    match manifest.layers.as_slice() {
        [layer] if layer.media_type == LAYER => Ok(layer),
        [layer] => Err(OciError::not_wasm(reference, &format!("a {}", layer.media_type))),
        layers => Err(OciError::not_wasm(
            reference,
            &format!("an image of {} layers", layers.len()),
        )),
    }
}

/// Returns the signature of the component. A text that is not base64 is returned as it is, so that
/// the check of the signature reports it.
pub(super) fn signature(manifest: &OciImageManifest) -> Option<String> {
    let written = manifest.annotations.as_ref()?.get(SIGNATURE_ANNOTATION)?;
    let decoded = STANDARD
        .decode(written)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Some(decoded.unwrap_or_else(|| written.clone()))
}

/// Returns the config: the description of the component for tools that do not fetch it.
pub(super) fn config(parcel: &Parcel) -> Vec<u8> {
    let digest = format!("sha256:{}", vconduit_base::names::Digest::of(&parcel.bytes));
    let config = json!({
        "created": now(),
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [digest],
        "component": {"imports": parcel.imports, "exports": parcel.exports},
    });
    config.to_string().into_bytes()
}

/// Returns the manifest of a component.
pub(super) fn manifest(parcel: &Parcel, layer: &ImageLayer, config: &Config) -> OciImageManifest {
    let plain = |words: &str| text::clean(words, MAX_ANNOTATION_BYTES).into_owned();
    let mut annotations = BTreeMap::from([
        (ORG_OPENCONTAINERS_IMAGE_CREATED.to_owned(), now()),
        (ORG_OPENCONTAINERS_IMAGE_TITLE.to_owned(), plain(&parcel.title)),
        (ORG_OPENCONTAINERS_IMAGE_VERSION.to_owned(), plain(&parcel.version)),
        (ORG_OPENCONTAINERS_IMAGE_DESCRIPTION.to_owned(), plain(&parcel.summary)),
    ]);
    if let Some(signature) = &parcel.signature {
        annotations.insert(SIGNATURE_ANNOTATION.to_owned(), STANDARD.encode(signature));
    }
    let mut manifest = OciImageManifest::build(std::slice::from_ref(layer), config, Some(annotations));
    manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_owned());
    manifest
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}
