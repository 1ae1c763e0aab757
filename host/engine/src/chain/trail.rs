//! The trail of a vCon: which links and storages a run used, with versions, times and outcomes.
//!
//! Guarantee: an entry is bounded and holds names, numbers and classes, never document content or a
//! message that a link wrote. Each call is noted once, with the write that it belongs to. Where
//! trails are switched off nothing is made.

use serde::Serialize;

use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, HostId, LinkName, ListName, StorageName};
use vconduit_sandbox::Outcome;

/// Links in one entry, about 8 KB. An entry of a longer chain has the number of links that were
/// left out.
const MAX_LINKS: usize = 64;
/// Storages in one entry.
const MAX_STORAGES: usize = 64;
/// Characters of a storage's message.
const MAX_MESSAGE_CHARS: usize = 200;

/// The notes of a run's trail that are not yet written.
pub(super) struct Trail {
    on: bool,
    links: Vec<LinkNote>,
    /// Links beyond [`MAX_LINKS`].
    more_links: u32,
    storages: Vec<StorageNote>,
}

/// One link that was called.
#[derive(Serialize)]
pub(super) struct LinkNote {
    /// The link.
    pub link: LinkName,
    /// The component that ran.
    pub version: Digest,
    /// Time in its calls, all attempts together, in microseconds.
    pub us: u64,
    /// `next`, `stopped`, `switched`, `handed-off`, `passed-over` or `failed`.
    pub outcome: &'static str,
    /// The class of the fault, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// Attempts; left out when there was one.
    #[serde(skip_serializing_if = "is_one")]
    pub attempts: u32,
}

#[derive(Serialize)]
struct StorageNote {
    storage: StorageName,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The write that an entry goes with.
pub(super) struct Stage<'a> {
    /// `checkpoint`, `finished`, `stopped`, `parked` or `failed`.
    pub ended: &'static str,
    /// The class of the fault, when it failed.
    pub class: Option<&'static str>,
    /// The lists that the id goes to.
    pub lists: &'a [ListName],
}

impl Stage<'_> {
    /// A stage without class and lists.
    pub fn of(ended: &'static str) -> Self {
        Stage {
            ended,
            class: None,
            lists: &[],
        }
    }
}

/// The run that an entry is about.
pub(super) struct Heading<'a> {
    /// The time now, in Unix milliseconds.
    pub at_ms: u64,
    /// This host.
    pub host: &'a HostId,
    /// The chain.
    pub chain: &'a ChainName,
    /// The ingress list.
    pub list: &'a ListName,
    /// The vCon that the run is about, when a link had switched.
    pub current: Option<&'a VconId>,
}

#[derive(Serialize)]
struct Entry<'a> {
    at_ms: u64,
    host: &'a HostId,
    chain: &'a ChainName,
    list: &'a ListName,
    ended: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a VconId>,
    #[serde(skip_serializing_if = "<[ListName]>::is_empty")]
    lists: &'a [ListName],
    links: &'a [LinkNote],
    #[serde(skip_serializing_if = "is_zero")]
    more_links: u32,
    #[serde(skip_serializing_if = "<[StorageNote]>::is_empty")]
    storages: &'a [StorageNote],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Trail {
    /// An empty trail. With `on` false nothing is ever noted in it.
    pub fn new(on: bool) -> Self {
        Self {
            on,
            links: Vec::new(),
            more_links: 0,
            storages: Vec::new(),
        }
    }

    /// Notes a call of a link.
    pub fn link(&mut self, make: impl FnOnce() -> LinkNote) {
        if !self.on {
            return;
        }
        if self.links.len() < MAX_LINKS {
            self.links.push(make());
        } else {
            self.more_links = self.more_links.saturating_add(1);
        }
    }

    /// Notes a storage: that it saved the vCon, or its error.
    pub fn storage(&mut self, storage: &StorageName, error: Option<&str>) {
        if !self.on || self.storages.len() >= MAX_STORAGES {
            return;
        }
        self.storages.push(StorageNote {
            storage: storage.clone(),
            outcome: if error.is_some() { "failed" } else { "saved" },
            message: error.map(|error| error.chars().take(MAX_MESSAGE_CHARS).collect()),
        });
    }

    /// The next entry as JSON text; nothing where trails are switched off.
    pub fn entry(&self, heading: &Heading<'_>, stage: &Stage<'_>) -> Option<String> {
        if !self.on {
            return None;
        }
        let entry = Entry {
            at_ms: heading.at_ms,
            host: heading.host,
            chain: heading.chain,
            list: heading.list,
            ended: stage.ended,
            class: stage.class,
            current: heading.current,
            lists: stage.lists,
            links: &self.links,
            more_links: self.more_links,
            storages: &self.storages,
        };
        // Names and numbers always become JSON.
        serde_json::to_string(&entry).ok()
    }

    /// Forgets the notes, once they are written.
    pub fn written(&mut self) {
        *self = Self::new(self.on);
    }
}

/// The name of an outcome in the trail.
pub(super) fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Next => "next",
        Outcome::Stop(_) => "stopped",
        Outcome::Switch(_) => "switched",
        Outcome::HandOff(_) => "handed-off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> LinkNote {
        LinkNote {
            link: LinkName::new("tag").unwrap(),
            version: Digest::of(b"x"),
            us: 1,
            outcome: "next",
            class: None,
            attempts: 1,
        }
    }

    #[test]
    fn an_entry_is_bounded_and_counts_what_it_left_out() {
        let mut trail = Trail::new(true);
        let storage = StorageName::new("s3").unwrap();
        for _ in 0..MAX_LINKS + 3 {
            trail.link(note);
        }
        for _ in 0..MAX_STORAGES + 3 {
            trail.storage(&storage, Some(&"ß".repeat(1000)));
        }
        assert_eq!((trail.links.len(), trail.more_links), (MAX_LINKS, 3));
        assert_eq!(trail.storages.len(), MAX_STORAGES);
        let message = trail.storages[0].message.as_deref().unwrap();
        assert_eq!(message.chars().count(), MAX_MESSAGE_CHARS);
        trail.written();
        assert!(trail.links.is_empty() && trail.more_links == 0 && trail.storages.is_empty());
    }

    #[test]
    fn where_trails_are_off_nothing_is_made() {
        let mut trail = Trail::new(false);
        trail.link(|| unreachable!("it was made"));
        trail.storage(&StorageName::new("s3").unwrap(), None);
        assert!(trail.storages.is_empty());
    }
}
