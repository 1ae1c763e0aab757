//! Queues: lists, claims and dead letters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use vconduit_base::names::{ChainName, ClaimId, Digest, HostId, LinkName, ListName};

/// Lists of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lists {
    /// Lists, in the order of the configuration.
    pub lists: Vec<ListRow>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListRow {
    /// Name of the list.
    #[schema(value_type = String)]
    pub name: ListName,
    /// Purpose of the list.
    pub kind: ListKind,
    /// Number of entries that wait.
    pub depth: u64,
    /// Chain that the list belongs to; absent for dead letters of storages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub chain: Option<ChainName>,
    /// True if that chain claims from its lists. Entries wait where it does not.
    pub enabled: bool,
    /// Number of entries in work; only for ingress lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<usize>,
    /// Number of parked runs; only for ingress lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<usize>,
}

/// Purpose of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// vCons wait here for a chain.
    Ingress,
    /// Ids of parked runs that return from a hand-off.
    Resume,
    /// Failed runs of an ingress list, or failed saves of a storage.
    DeadLetters,
    /// Chains append the ids of vCons here that they have finished.
    Egress,
}

/// Claims of all lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claims {
    /// Number of all claims.
    pub total: usize,
    /// Claims in the order of the configuration's lists; 10,000 at most.
    pub claims: Vec<ClaimRow>,
}

/// A claim: the hold of a worker on an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimRow {
    /// Id of the claim.
    #[schema(value_type = String)]
    pub id: ClaimId,
    /// Ingress list that the entry came from.
    #[schema(value_type = String)]
    pub list: ListName,
    /// The entry: the id of a vCon.
    pub vcon: String,
    /// Host that works on the entry.
    #[schema(value_type = String)]
    pub host: HostId,
    /// Chain of the last checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub chain: Option<ChainName>,
    /// Index of the next link after the last checkpoint, from 0, in the chain as it was then.
    pub next_link: u32,
    /// The next link after the last checkpoint, with its occurrence in the run: `tag#1` is the
    /// first link `tag`. `end` when only storages and egress are left. Absent without a checkpoint,
    /// and for a checkpoint of an older host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_place: Option<String>,
    /// The vCon that the run is about, when a link had switched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Start of the run, in Unix milliseconds; 0 without a checkpoint.
    pub began_ms: u64,
    /// Number of leases that were lost on this entry before.
    pub lost_leases: u32,
    /// Versions of links that the run was asked to use: link → digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    pub versions: BTreeMap<LinkName, Digest>,
}

/// Dead letters of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetters {
    /// Number of all dead letters of the list.
    pub total: u64,
    /// A part of them, the oldest first.
    pub dead_letters: Vec<DeadLetterRow>,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterRow {
    /// Id of the vCon, as it was on the ingress list.
    pub vcon: String,
    /// The failure; null when another program added the dead letter.
    pub record: Option<FailureRecord>,
}

/// The failure that made a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureRecord {
    /// Chain that failed.
    #[schema(value_type = Option<String>)]
    pub chain: Option<ChainName>,
    /// Link that failed; null when no link was running.
    #[schema(value_type = Option<String>)]
    pub link: Option<LinkName>,
    /// Digest of the component that ran.
    pub version: Option<String>,
    /// Class of the error, for programs: `options`, `vcon`, `service`, `trap`, `limit`, `storage`,
    /// `chain-changed` and so on.
    pub class: String,
    /// Message for people. It holds no secrets and no content of the vCon.
    pub message: String,
    /// Number of attempts.
    pub attempts: u32,
    /// The vCon that the run was about, when a link had switched.
    pub current: Option<String>,
    /// Time of the failure, in Unix milliseconds.
    pub at_ms: u64,
}

/// Result of a retry of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retried {
    /// The ingress list that the vCon is on again.
    #[schema(value_type = String)]
    pub list: ListName,
    /// Versions of links that it runs with instead of the active ones: link → digest.
    #[schema(value_type = BTreeMap<String, String>)]
    pub versions: BTreeMap<LinkName, Digest>,
}
