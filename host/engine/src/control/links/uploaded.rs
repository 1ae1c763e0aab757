//! Results of an upload.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::control::confirm::Confirmation;
use vconduit_base::names::{Digest, LinkName};
use vconduit_policy::capabilities::Capability;
use vconduit_policy::signature::KeyId;
use vconduit_sandbox::{Compiled, World};

/// What was found out about a component; kept beside its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// `link` or `transform`.
    pub world: String,
    /// What it calls itself.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// Its length.
    pub size_bytes: u64,
    /// Its functions.
    pub functions: u64,
    /// Its imports.
    pub imports: Vec<String>,
    /// What it asks to be granted, in the shape of `grants`.
    #[schema(value_type = Object)]
    pub needs: Map<String, Value>,
    /// JSON Schema of its options.
    #[schema(value_type = Object)]
    pub options_schema: Value,
    /// The default options.
    #[schema(value_type = Object)]
    pub defaults: Map<String, Value>,
}

/// The answer to an upload.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Uploaded {
    /// The digest: the name of this version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// How long it took to compile, or to find it compiled.
    pub compile_ms: u64,
    /// The kinds of grant that it needs by what it imports.
    pub capabilities: BTreeSet<Capability>,
    /// What it needs beyond the grants of the active version.
    pub beyond_grants: Vec<String>,
    /// Why it can't be activated yet.
    pub held: Option<String>,
    /// Id of the key that signed it.
    #[schema(value_type = Option<String>)]
    pub signed_by: Option<KeyId>,
    /// Whether these bytes were there already.
    pub existed: bool,
    /// What it is.
    #[serde(flatten)]
    pub about: About,
}

/// An upload, and whether its version is active.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UploadedVersion {
    /// The link; `name` is what the component calls itself.
    #[schema(value_type = String)]
    pub link: LinkName,
    /// The upload.
    #[serde(flatten)]
    pub uploaded: Uploaded,
    /// Whether the version is active.
    pub active: bool,
    /// Hosts that run it; absent when it was not to be activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

impl About {
    pub(super) fn of(compiled: &Compiled) -> Self {
        let description = compiled.description();
        Self {
            world: match compiled.world {
                World::Link => "link",
                World::Transform => "transform",
            }
            .to_owned(),
            name: description.name.clone(),
            version: description.version.clone(),
            summary: description.summary.clone(),
            size_bytes: compiled.component_bytes,
            functions: compiled.functions,
            imports: compiled.imports.clone(),
            needs: description.needs.clone(),
            options_schema: description.options_schema.clone(),
            defaults: description.defaults.clone(),
        }
    }
}
