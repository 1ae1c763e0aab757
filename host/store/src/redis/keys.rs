//! The names of all keys.
//!
//! Guarantee: keys that other programs share are named as in the Conserver. All other keys are
//! under `vconduit:`. Keys that belong to a list have the name of the list as hash tag.

use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vconduit_base::names::{Digest, ListName};

/// Hash of the revision and the key names of the configuration.
pub const CONFIG: &str = "vconduit:config";
/// List of the audit log, the newest entry first.
pub const AUDIT: &str = "vconduit:audit";
/// Hash: host → its last report.
pub const HOSTS: &str = "vconduit:hosts";
/// Sorted set: host → the time until which it is listed, in ms by the server's clock.
pub const HOSTS_UNTIL: &str = "vconduit:hosts-until";
/// Hash: the time of the last reaping, and the time from which claims are taken away again, in ms
/// by the server's clock (`lua/lib/contact.lua`).
pub const CONTACT: &str = "vconduit:contact";
/// Channel of the events.
pub const EVENTS: &str = "vconduit:events";
/// Key that `ping` writes.
pub const PING: &str = "vconduit:ping";
/// Prefix of the keys of documents.
pub const DOCUMENT_PREFIX: &str = "vcon:";

/// Returns the key of the document with this id.
pub fn document(id: &VconId) -> String {
    format!("{DOCUMENT_PREFIX}{id}")
}

/// Returns the key of the token of the last large text that a host of vConduit wrote under this id
/// (see `revision.rs`).
pub fn token(id: &VconId) -> String {
    format!("vconduit:rev:{id}")
}

/// Returns the key of a lock of hosts: a string, its holder.
pub fn lock(name: &str) -> String {
    format!("vconduit:lock:{name}")
}

/// Returns the key of a large text before its script renames it (`lua/lib/documents.lua`).
pub fn staged(token: &str) -> String {
    format!("vconduit:staged:{token}")
}

/// Returns a name for one step, which identifies the step when it is sent twice
/// (`lua/lib/once.lua`).
pub fn new_step() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Hash: the ingress lists of the running configuration (`lua/ingress.lua`).
pub const INGRESS: &str = "vconduit:ingress";

/// Set: lists that had claims or parked runs when they were last looked at (`lua/survey.lua`).
pub const WORKED_LISTS: &str = "vconduit:lists";

/// Hash: what holds the document with this id (`lua/lib/holds.lua`).
pub fn holds(id: &VconId) -> String {
    format!("vconduit:holds:{id}")
}

/// List: the trail of this vCon, the latest entry last.
pub fn trail(id: &VconId) -> String {
    format!("vconduit:trail:{id}")
}

/// Hash: the upload, the size and the description of the component with this digest.
pub fn component(digest: &Digest) -> String {
    format!("vconduit:component:{{{digest}}}")
}

/// A part of a component. Each upload has parts of its own, so that two uploads of the same
/// component do not collide.
pub fn component_part(digest: &Digest, upload: &str, number: usize) -> String {
    format!("{}:{upload}:{number}", component(digest))
}

/// Set: the ids that carry this term.
pub fn index(kind: IndexKind, value: &str) -> String {
    format!("{}:{value}", kind.as_str())
}

/// List: ids that came back from a hand-off.
pub fn resumed_ids(list: &ListName) -> String {
    format!("resume:{list}")
}

/// Hash: claim id → claim.
pub fn claims(list: &ListName) -> String {
    format!("vconduit:claims:{{{list}}}")
}

/// Sorted set: claim id → end of its lease, in ms by the server's clock (see `lua/lib/leases.lua`).
pub fn leases(list: &ListName) -> String {
    format!("vconduit:leases:{{{list}}}")
}

/// Sorted set: claim id and kind of its end → time of its end, in ms by the server's clock.
pub fn ended(list: &ListName) -> String {
    format!("vconduit:ended:{{{list}}}")
}

/// Hash: entry → its state when it was returned to the list.
pub fn resume(list: &ListName) -> String {
    format!("vconduit:resume:{{{list}}}")
}

/// Hash: id that was handed off → the runs that wait for it.
pub fn parked(list: &ListName) -> String {
    format!("vconduit:parked:{{{list}}}")
}

/// Sorted set: id that was handed off → the time at which the first of its runs has waited too
/// long, in ms by the server's clock.
pub fn parked_until(list: &ListName) -> String {
    format!("vconduit:parked-until:{{{list}}}")
}

/// Hash: dead letter → its record. Accepts the name of the ingress list and that of its dead
/// letters.
pub fn records(list: &ListName) -> String {
    let list = list.as_str();
    format!("vconduit:dead:{{{}}}", list.strip_prefix("DLQ:").unwrap_or(list))
}
