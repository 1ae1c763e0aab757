//! The events, one kind each.
//!
//! Guarantee: an event names things and never has their content: no document, no secret, no message
//! of a link.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use vcon_document::VconId;
use vconduit_base::ConfigRevision;
use vconduit_base::names::{ChainName, ClaimId, Digest, HostId, LinkName, ListName};

/// The names of all events.
pub const NAMES: [&str; 17] = [
    "vcon.claimed",
    "vcon.finished",
    "vcon.stopped",
    "vcon.failed",
    "vcon.parked",
    "vcon.returned",
    "vcon.retried",
    "vcon.dropped",
    "vcon.requeued",
    "link.uploaded",
    "link.activated",
    "link.removed",
    "link.granted",
    "config.changed",
    "config.restored",
    "host.started",
    "host.stopped",
];

/// An event as it is published, with its time and host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// Time of the event, in Unix milliseconds.
    pub at_ms: u64,
    /// The host that published it.
    pub host: HostId,
}

/// An event. Its name is in the member `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// A worker claimed an entry of its list. A run begins or continues.
    #[serde(rename = "vcon.claimed")]
    VconClaimed(RunEvent),
    /// A run went through all links, storages and egress lists.
    #[serde(rename = "vcon.finished")]
    VconFinished(RunEvent),
    /// A link ended a run quietly.
    #[serde(rename = "vcon.stopped")]
    VconStopped(RunEvent),
    /// A run ended as a dead letter. With the class `lost-lease` or `hand-off`, the host that
    /// noticed it publishes the event.
    #[serde(rename = "vcon.failed")]
    VconFailed(RunEvent),
    /// A run waits for someone else.
    #[serde(rename = "vcon.parked")]
    VconParked(RunEvent),
    /// The worker of an entry stopped, hung or panicked, and the entry is back on its list. The
    /// host that noticed it publishes the event.
    #[serde(rename = "vcon.returned")]
    VconReturned {
        /// The entry.
        vcon: VconId,
        /// The list that it is back on.
        list: ListName,
    },
    /// Someone had a dead letter tried again.
    #[serde(rename = "vcon.retried")]
    VconRetried {
        /// The entry.
        vcon: VconId,
        /// The ingress list that it is back on.
        list: ListName,
        /// Versions of links that were asked for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        versions: BTreeMap<LinkName, Digest>,
        /// Name of the operator.
        by: String,
    },
    /// Someone removed a dead letter.
    #[serde(rename = "vcon.dropped")]
    VconDropped {
        /// The entry.
        vcon: VconId,
        /// The ingress list that it came from.
        list: ListName,
        /// Name of the operator.
        by: String,
    },
    /// Someone took an entry away from the worker that held it.
    #[serde(rename = "vcon.requeued")]
    VconRequeued {
        /// The entry.
        vcon: VconId,
        /// The list that it is back on.
        list: ListName,
        /// The claim that is over.
        claim: ClaimId,
        /// Name of the operator.
        by: String,
    },
    /// A link has another version; it is not active by that.
    #[serde(rename = "link.uploaded")]
    LinkUploaded(LinkEvent),
    /// Another version of a link is active.
    #[serde(rename = "link.activated")]
    LinkActivated(LinkEvent),
    /// A version of a link, or the link, was deleted.
    #[serde(rename = "link.removed")]
    LinkRemoved(LinkEvent),
    /// A version of a link may reach other things than before.
    #[serde(rename = "link.granted")]
    LinkGranted(LinkEvent),
    /// The configuration in the store is another one.
    #[serde(rename = "config.changed")]
    ConfigChanged {
        /// Its revision.
        revision: ConfigRevision,
        /// Name of the operator.
        by: String,
    },
    /// The store had lost the configuration, and the host that published the event has put it back.
    #[serde(rename = "config.restored")]
    ConfigRestored {
        /// The new revision.
        revision: ConfigRevision,
        /// Components of versions of links that the store lacks and that the host does not have.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<Digest>,
    },
    /// A host can work.
    #[serde(rename = "host.started")]
    HostStarted {
        /// Its version.
        version: String,
    },
    /// A host works no more.
    #[serde(rename = "host.stopped")]
    HostStopped,
}

/// About a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// The entry, as it was on the list.
    pub vcon: VconId,
    /// The list.
    pub list: ListName,
    /// The chain.
    pub chain: ChainName,
    /// The link that stopped, parked or failed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkName>,
    /// The version of that link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Digest>,
    /// The class of the fault that failed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

impl RunEvent {
    /// About the run of an entry as a whole.
    #[must_use]
    pub fn of(vcon: VconId, list: ListName, chain: ChainName) -> Self {
        Self {
            vcon,
            list,
            chain,
            link: None,
            version: None,
            class: None,
        }
    }
}

/// About a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEvent {
    /// The link.
    pub link: LinkName,
    /// The version; absent where it is about the link as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Digest>,
    /// Name of the operator.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_name_in_the_list() {
        // Serde names all that it knows where it is given something else.
        let error = serde_json::from_str::<Event>(r#"{"event": "no.such"}"#).unwrap_err();
        let known: Vec<String> = NAMES.iter().map(|name| format!("`{name}`")).collect();
        assert!(
            error
                .to_string()
                .contains(&format!("expected one of {}", known.join(", "))),
            "{error}"
        );
    }
}
