//! The names of keys: the one place that knows them.
//!
//! Guarantee: what others share with us is named as in the Conserver; what is only ours is under `vconduit:`, and what
//! belongs to a list carries the list's name as hash tag.

use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vconduit_base::names::{Digest, ListName};

/// Revision and names of the configuration.
pub const CONFIG: &str = "vconduit:config";
/// The audit log, the newest entry first.
pub const AUDIT: &str = "vconduit:audit";
/// Host → its last report.
pub const HOSTS: &str = "vconduit:hosts";
/// Host → until when it is there, in ms by the server's clock.
pub const HOSTS_UNTIL: &str = "vconduit:hosts-until";
/// The channel that events are published on.
pub const EVENTS: &str = "vconduit:events";
/// Written by `ping`.
pub const PING: &str = "vconduit:ping";
/// What the keys of documents begin with.
pub const DOCUMENT_PREFIX: &str = "vcon:";

/// The document with this id.
pub fn document(id: &VconId) -> String {
    format!("{DOCUMENT_PREFIX}{id}")
}

/// The token of the last large text that one of our hosts wrote under this id (see `revision.rs`).
pub fn token(id: &VconId) -> String {
    format!("vconduit:rev:{id}")
}

/// Where a large text waits for the script that renames it (`lua/lib/documents.lua`).
pub fn staged(token: &str) -> String {
    format!("vconduit:staged:{token}")
}

/// A name for one step, so that it is known again when it is sent twice (`lua/lib/once.lua`).
pub fn new_step() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// What runs did with this vCon, the latest last.
pub fn trail(id: &VconId) -> String {
    format!("vconduit:trail:{id}")
}

/// The component with this digest: where its parts are, and what was said about it.
pub fn component(digest: &Digest) -> String {
    format!("vconduit:component:{{{digest}}}")
}

/// A part of a component. An upload has parts of its own, so that two of the same component do not touch each other.
pub fn component_part(digest: &Digest, upload: &str, number: usize) -> String {
    format!("{}:{upload}:{number}", component(digest))
}

/// The ids that carry this term.
pub fn index(kind: IndexKind, value: &str) -> String {
    format!("{}:{value}", kind.as_str())
}

/// Ids that came back from a hand-off.
pub fn came_back(list: &ListName) -> String {
    format!("resume:{list}")
}

/// Claim id → claim.
pub fn claims(list: &ListName) -> String {
    format!("vconduit:claims:{{{list}}}")
}

/// Claim id → when its lease runs out, in ms by the server's clock.
pub fn leases(list: &ListName) -> String {
    format!("vconduit:leases:{{{list}}}")
}

/// Claim and how it ended → when.
pub fn ended(list: &ListName) -> String {
    format!("vconduit:ended:{{{list}}}")
}

/// Entry → where it stood when it went back to the list.
pub fn resume(list: &ListName) -> String {
    format!("vconduit:resume:{{{list}}}")
}

/// Id that was handed off → the runs that wait for it.
pub fn parked(list: &ListName) -> String {
    format!("vconduit:parked:{{{list}}}")
}

/// Id that was handed off → when the first of its runs has waited too long.
pub fn parked_until(list: &ListName) -> String {
    format!("vconduit:parked-until:{{{list}}}")
}

/// Dead letter → its record. Takes the name of the ingress list, or of its dead letters.
pub fn records(list: &ListName) -> String {
    let list = list.as_str();
    format!("vconduit:dead:{{{}}}", list.strip_prefix("DLQ:").unwrap_or(list))
}
