//! Uploaded versions of a link.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Confirmation;
use vconduit_base::names::{Digest, LinkName};

/// An uploaded version of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkVersion {
    /// Digest of the component: the name of the version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Time of the upload, in Unix milliseconds.
    pub at_ms: i64,
    /// Name of the operator who uploaded it.
    pub by: String,
    /// Note of that operator.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub note: String,
    /// Length of the component in bytes.
    pub size_bytes: u64,
    /// Grants, in the shape of the configuration file; absent while nobody has decided about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Map<String, Value>>,
    /// Reason why the version can't be activated yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Id of the key that signed the component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
}

/// Versions of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionList {
    /// The version that is active; null: the component of the configuration.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// Versions, the latest upload first.
    pub versions: Vec<LinkVersion>,
}

/// A version of a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionDetail {
    /// The version.
    #[serde(flatten)]
    pub version: LinkVersion,
    /// True if it is active.
    pub active: bool,
    /// Facts about the component, found at its upload.
    pub about: Option<About>,
}

/// Facts about a component. The store keeps them with its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// World of the component: `link` or `transform`.
    pub world: String,
    /// Name that the component gives itself.
    pub name: String,
    /// Version that the component gives itself.
    pub version: String,
    /// Summary in one sentence.
    pub summary: String,
    /// Length in bytes.
    pub size_bytes: u64,
    /// Number of functions.
    pub functions: u64,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
    /// Grants that the component needs, in the shape of the configuration file.
    pub needs: Map<String, Value>,
    /// JSON Schema of the options.
    pub options_schema: Value,
    /// Default options.
    pub defaults: Map<String, Value>,
}

/// Result of an upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UploadedVersion {
    /// Name of the link; `name` is that of the component.
    #[schema(value_type = String)]
    pub link: LinkName,
    /// Digest of the component: the name of the version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Time to compile the component, or to find it compiled, in milliseconds.
    pub compile_ms: u64,
    /// Kinds of grants that the imports of the component need.
    pub capabilities: BTreeSet<String>,
    /// Grants that the component needs beyond those of the active version.
    pub beyond_grants: Vec<String>,
    /// Reason why the version can't be activated yet.
    pub held: Option<String>,
    /// Id of the key that signed the component.
    pub signed_by: Option<String>,
    /// True if the version existed before.
    pub existed: bool,
    /// Facts about the component.
    #[serde(flatten)]
    pub about: About,
    /// True if the version is active.
    pub active: bool,
    /// Hosts that run the version; absent when it was not to be activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

/// Result of the deletion of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionDeleted {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Always true.
    pub deleted: bool,
}
