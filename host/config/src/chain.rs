//! The section `chains`.

use std::time::Duration;

use serde_json::{Map, Value};

use vconduit_base::names::{LinkName, ListName, StorageName};

/// An ordered run of links with its lists and storages.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The links, in order.
    pub links: Vec<ChainLink>,
    /// Lists that vCons are claimed from.
    pub ingress_lists: Vec<ListName>,
    /// Lists that ids are pushed to after success.
    pub egress_lists: Vec<ListName>,
    /// Storages that documents are saved to after success, before egress.
    pub storages: Vec<StorageName>,
    /// `enabled`: 0 leaves the lists untouched. Default 1.
    pub enabled: bool,
    /// `timeout`, in seconds: time that workers may spend on a run. Time in which it is parked or
    /// waits for a worker does not count. Absent: only the limits of the links apply.
    pub timeout: Option<Duration>,
    /// `weight`: the share of this chain's lists when several have work. 1 to 100, default 1.
    pub weight: u32,
    /// `concurrency`: runs of this chain at once on one host, 1 to 10,000. Absent: half of the runs
    /// of the host, and all of them for a host that serves no other chain.
    pub concurrency: Option<u32>,
    /// `hand_off_timeout`, in seconds, default 3600: how long a parked run may stay away.
    pub hand_off_timeout: Duration,
    /// `schedule`: a cron expression. At each of its times the lists are processed until they are
    /// empty. Absent: always.
    pub schedule: Option<String>,
    /// `on_error`: what a failed link means for the run. Default `dlq`.
    pub on_error: OnError,
}

/// A link's place in a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainLink {
    /// Name of the link.
    pub name: LinkName,
    /// Options for this place alone, laid over the link's own, top level only.
    pub options: Map<String, Value>,
}

/// Effect of a failed link on the run, after its retries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// `dlq`: the vCon goes to the dead letters.
    #[default]
    DeadLetter,
    /// `continue`: the run continues with the next link, without the edits of this one.
    Continue,
    /// `stop`: end the run quietly.
    Stop,
}
