//! The section `chains`.

use std::time::Duration;

use serde_json::{Map, Value};

use vconduit_base::names::{LinkName, ListName, StorageName};

/// An ordered run of links with its lists and storages.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The links, in order.
    pub links: Vec<ChainLink>,
    /// Where vCons come from.
    pub ingress_lists: Vec<ListName>,
    /// Where ids go after success.
    pub egress_lists: Vec<ListName>,
    /// Where documents are saved after success, before egress.
    pub storages: Vec<StorageName>,
    /// `enabled`: 0 leaves the lists untouched. Default 1.
    pub enabled: bool,
    /// `timeout`, in seconds: the run, from the first claim on, has to be done by then. Absent: no bound but those of the links.
    pub timeout: Option<Duration>,
    /// `weight`: the share of this chain's lists when several have work. 1 to 100, default 1.
    pub weight: u32,
    /// `hand_off_timeout`, in seconds, default 3600: how long a parked run may stay away.
    pub hand_off_timeout: Duration,
    /// `schedule`: a cron expression; the lists are then worked off only from each such time on until they are empty. Absent: always.
    pub schedule: Option<String>,
    /// `on_error`: what a failed link means for the run. Default `dlq`.
    pub on_error: OnError,
}

/// A link's place in a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainLink {
    /// Which link.
    pub name: LinkName,
    /// Options for this place alone, laid over the link's own, top level only.
    pub options: Map<String, Value>,
}

/// What a failed link means for the run, after its retries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// `dlq`: the vCon goes to the dead letters.
    #[default]
    DeadLetter,
    /// `continue`: go on with the next link, without this one's edits.
    Continue,
    /// `stop`: end the run quietly.
    Stop,
}
