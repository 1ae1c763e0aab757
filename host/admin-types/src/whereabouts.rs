//! The places of one vCon, and the runs that it was in.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{ClaimRow, FailureRecord, ListKind};
use vconduit_base::names::{ChainName, ListName, StorageName};

/// All facts about the places of a vCon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Whereabouts {
    /// Id of the vCon.
    pub vcon: String,
    /// True if the vCon is in the working store.
    pub stored: bool,
    /// Time in seconds until it expires there. Absent while work is left for it, when it never
    /// expires, and when it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<i64>,
    /// Its places. Empty: it is in no queue and not in work, or it moved while it was looked for.
    pub places: Vec<PlaceOf>,
    /// The storages of the active configuration, each asked just now.
    pub storages: Vec<CopyIn>,
    /// The runs that it was in, the oldest first. The last 20 are kept, for `VCONDUIT_TRAIL_EXPIRY`
    /// seconds after the last. An entry of another program is shown as it is.
    #[schema(value_type = Vec<TrailEntry>)]
    pub trail: Vec<Value>,
}

/// A place of a vCon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "place", rename_all = "kebab-case")]
pub enum PlaceOf {
    /// It waits on a list.
    List {
        /// Name of the list.
        #[schema(value_type = String)]
        list: ListName,
        /// Purpose of the list.
        kind: ListKind,
        /// Number of entries before it.
        position: u64,
        /// Chain that the list belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        chain: Option<ChainName>,
        /// True if that chain claims from its lists.
        enabled: bool,
    },
    /// It is in work.
    Claim(ClaimRow),
    /// Its run waits until its id returns on `resume:<list>`.
    Parked {
        /// Ingress list of the run.
        #[schema(value_type = String)]
        list: ListName,
    },
    /// Its run failed.
    DeadLetter {
        /// List of dead letters.
        #[schema(value_type = String)]
        list: ListName,
        /// Number of entries before it.
        position: u64,
        /// The failure; null when another program added the dead letter.
        record: Option<FailureRecord>,
    },
}

/// Copy of a vCon in a storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CopyIn {
    /// Name of the storage.
    #[schema(value_type = String)]
    pub storage: StorageName,
    /// True if the storage has a copy. Absent where it can't be asked (a webhook) or did not
    /// respond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Reason why it did not respond, or what it has instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A run, or a part of a run, that a vCon was in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrailEntry {
    /// Time of the entry, in Unix milliseconds.
    pub at_ms: u64,
    /// Host of the run.
    pub host: String,
    /// Chain of the run.
    pub chain: String,
    /// Ingress list of the run.
    pub list: String,
    /// End of the run, or of the part: `checkpoint`, `finished`, `stopped`, `parked` or `failed`.
    pub ended: String,
    /// Class of the error, if the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The vCon that the run was about, when a link had switched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Lists that the id was appended to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub lists: Vec<String>,
    /// Links that were called, 64 at most.
    pub links: Vec<TrailLink>,
    /// Number of further links.
    #[serde(default)]
    pub more_links: u32,
    /// Storages of the run, 64 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub storages: Vec<TrailStorage>,
}

/// A link that a run called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrailLink {
    /// Name of the link.
    pub link: String,
    /// Digest of the component that ran.
    pub version: String,
    /// Time of all attempts together, in microseconds.
    pub us: u64,
    /// `next`, `stopped`, `switched`, `handed-off`, `passed-over` or `failed`.
    pub outcome: String,
    /// Class of the error, if the link failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Number of attempts.
    #[serde(default = "one")]
    pub attempts: u32,
}

/// A storage that a run saved the vCon in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrailStorage {
    /// Name of the storage.
    pub storage: String,
    /// `saved` or `failed`.
    pub outcome: String,
    /// Message of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn one() -> u32 {
    1
}
