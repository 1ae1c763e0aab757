//! Hosts, and the audit log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use vconduit_base::ConfigRevision;
use vconduit_base::names::{Digest, LinkName};

/// The hosts that are alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hosts {
    /// Their reports, by id.
    pub hosts: Vec<HostReport>,
}

/// Report of a host about itself. Members that another version of the program leaves out have their
/// defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HostReport {
    /// Id of the host. Unique for each start.
    pub id: String,
    /// Version of the program.
    pub version: String,
    /// Address that the host listens on.
    pub address: String,
    /// Roles of the host: `api`, `worker`.
    pub roles: Vec<String>,
    /// Time of the start, in Unix milliseconds.
    pub started_at_ms: u64,
    /// Number of vCons in work.
    pub in_flight: usize,
    /// Revision of the active configuration.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// Links that are ready, each with its active version.
    #[schema(value_type = BTreeMap<String, String>)]
    pub links: BTreeMap<LinkName, Digest>,
    /// A newer configuration that the host could not activate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<HostProblem>,
}

/// A configuration that a host could not activate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HostProblem {
    /// Revision of that configuration.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// The reason, for people.
    pub reason: String,
}

/// A part of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditLog {
    /// Entries, the newest first. An entry of another program that is no JSON object is shown as it
    /// is.
    #[schema(value_type = Vec<AuditRow>)]
    pub entries: Vec<Value>,
}

/// An entry of the audit log: an action of an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRow {
    /// Time of the action, in Unix milliseconds.
    pub at_ms: i64,
    /// Name of the operator's key.
    pub who: String,
    /// Kind of the action: `link.activate`, `dead_letter.retry` and so on.
    pub action: String,
    /// Name of the thing that was changed.
    pub target: String,
    /// State before the action.
    pub before: Value,
    /// State after the action.
    pub after: Value,
    /// Id of the request.
    pub request_id: String,
}
