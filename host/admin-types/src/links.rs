//! Links: lists of them, one in detail, and results of their changes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Confirmation, LinkVersion};
use vconduit_base::ConfigRevision;
use vconduit_base::names::{Digest, LinkName};

/// All links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkList {
    /// Links of the configuration and uploaded links, by name.
    pub links: Vec<LinkSummary>,
}

/// A link in the list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkSummary {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The uploaded version that is active; null: the component of the configuration.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// Number of uploaded versions.
    pub versions: usize,
    /// Number of held versions.
    pub held: usize,
    /// Chains that name the link.
    pub used_by: Vec<String>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkDetail {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The uploaded version that is active; null: the component of the configuration.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The component that this host runs.
    #[schema(value_type = Option<String>)]
    pub running: Option<Digest>,
    /// True if the configuration defines the link.
    pub configured: bool,
    /// Versions that were active before, the latest last; null: the component of the configuration.
    #[schema(value_type = Vec<Option<String>>)]
    pub past: Vec<Option<Digest>>,
    /// Uploaded versions, the latest upload first.
    pub versions: Vec<LinkVersion>,
    /// Grants, in the shape of the configuration file.
    pub grants: Option<Value>,
    /// Limits, in the shape of the configuration file.
    pub limits: Option<Value>,
    /// Options. Secrets are masked.
    pub options: Option<Map<String, Value>>,
    /// Chains that name the link.
    pub used_by: Vec<String>,
    /// Calls on this host since its start; null if there were none.
    pub usage: Option<LinkUse>,
}

/// Calls of a link on one host, since the start of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkUse {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// Number of calls.
    pub runs: u64,
    /// Calls after which the chain continued.
    pub next: u64,
    /// Calls that ended the chain without an error.
    pub stopped: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Median of the wall-clock time of a call, in µs.
    pub p50_us: u64,
    /// 99th percentile of the wall-clock time of a call, in µs.
    pub p99_us: u64,
    /// CPU time of all calls, in µs.
    pub cpu_us: u64,
    /// Largest memory of a call, in bytes.
    pub peak_memory_bytes: u64,
}

/// Result of an activation or a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Switched {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version that is active; null: the component of the configuration.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The version that was active before.
    #[schema(value_type = Option<String>)]
    pub previous: Option<Digest>,
    /// Revision of the configuration with the change.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// Hosts that run the version.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

/// Result of a decision about grants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Granted {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Its grants, in the shape of the configuration file.
    pub grants: Map<String, Value>,
    /// Hosts that have activated the change.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

/// Result of a change of options or limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingChanged {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// Hosts that have activated the change.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

/// Result of the deletion of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkDeleted {
    /// Name of the link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// Always true.
    pub deleted: bool,
}
