//! The configuration: chains, storages, and its problems.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Confirmation;
use vconduit_base::ConfigRevision;

/// Chains of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Chains {
    /// Revision of the configuration.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// Chains by name, in the shape of the configuration file.
    pub chains: Map<String, Value>,
}

/// Storages of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Storages {
    /// Revision of the configuration.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// Storages by name, in the shape of the configuration file. Secrets are masked.
    pub storages: Map<String, Value>,
}

/// Result of a check of a configuration that has no errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Always true.
    pub ok: bool,
    /// Parts that have no effect, or perhaps another one than was meant.
    pub warnings: Vec<ConfigProblem>,
}

/// Result of a change of one chain or storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberChanged {
    /// Name of the chain or storage.
    pub name: String,
    /// Revision of the configuration with the change.
    #[schema(value_type = u64)]
    pub revision: ConfigRevision,
    /// True if it was deleted.
    pub deleted: bool,
    /// Parts of the configuration that have no effect, or perhaps another one than was meant.
    pub warnings: Vec<ConfigProblem>,
    /// Hosts that have activated the change.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

/// A problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigProblem {
    /// Severity: with an error the configuration can't be used.
    pub severity: ProblemSeverity,
    /// Line of the place, from 1; 0 where the configuration did not come from a text.
    pub line: usize,
    /// Column of the place in characters, from 1; 0 where the configuration did not come from a
    /// text.
    pub column: usize,
    /// Path of the place, for example `chains.main.links[2]`; empty for the configuration as a
    /// whole.
    pub path: String,
    /// The problem.
    pub message: String,
    /// Next step; empty where the message is enough.
    pub hint: String,
}

/// Severity of a problem of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProblemSeverity {
    /// The configuration can't be used.
    Error,
    /// The configuration can be used; a part of it has no effect, or perhaps not the one that was
    /// meant.
    Warning,
}
