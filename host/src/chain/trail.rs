//! What a run did, noted in the trail of its vCon: links with versions, times and outcomes, storages with results.
//!
//! Guarantee: an entry is bounded and holds names, numbers and classes, never document content or a message that a link wrote; each
//! thing is noted once, with the write that it belongs to. Where trails are off nothing is made.

use serde::Serialize;

use super::ChainRunner;
use super::state::Run;
use crate::names::{ChainName, Digest, HostId, LinkName, ListName, StorageName, VconId};
use crate::sandbox::Outcome;

/// Links in one entry; longer chains say how many more there were. Some 8 KB.
const MOST_LINKS: usize = 64;
/// Storages in one entry.
const MOST_STORAGES: usize = 64;
/// Characters of a storage's message.
const MESSAGE_CHARS: usize = 200;

/// What is not yet written of a run's trail.
pub(super) struct Trail {
    on: bool,
    links: Vec<LinkNote>,
    /// Links beyond [`MOST_LINKS`].
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
    /// Microseconds in it, all tries together.
    pub us: u64,
    /// `next`, `stopped`, `switched`, `handed-off`, `passed-over` or `failed`.
    pub outcome: &'static str,
    /// What kind of fault, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// Tries, if more than one.
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

/// How far the run has come with this entry.
pub(super) struct Stage<'a> {
    /// `checkpoint`, `finished`, `stopped`, `parked` or `failed`.
    pub ended: &'static str,
    /// The class of the fault, when it failed.
    pub class: Option<&'static str>,
    /// The lists that the id goes to.
    pub lists: &'a [ListName],
}

impl Stage<'_> {
    /// One without class and lists.
    pub fn of(ended: &'static str) -> Self {
        Stage {
            ended,
            class: None,
            lists: &[],
        }
    }
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
    /// The vCon that the run is about, when a link had switched.
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
    /// An empty one; `on`: whether trails are kept at all.
    pub fn new(on: bool) -> Self {
        Self {
            on,
            links: Vec::new(),
            more_links: 0,
            storages: Vec::new(),
        }
    }

    /// Notes a link.
    pub fn link(&mut self, make: impl FnOnce() -> LinkNote) {
        if !self.on {
            return;
        }
        if self.links.len() < MOST_LINKS {
            self.links.push(make());
        } else {
            self.more_links = self.more_links.saturating_add(1);
        }
    }

    /// Notes a storage: saved, or why not.
    pub fn storage(&mut self, storage: &StorageName, error: Option<&str>) {
        if !self.on || self.storages.len() >= MOST_STORAGES {
            return;
        }
        self.storages.push(StorageNote {
            storage: storage.clone(),
            outcome: if error.is_some() { "failed" } else { "saved" },
            message: error.map(|error| error.chars().take(MESSAGE_CHARS).collect()),
        });
    }

    /// It is written: the next entry begins with nothing.
    pub fn written(&mut self) {
        *self = Self::new(self.on);
    }
}

/// What an outcome is called.
pub(super) fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Next => "next",
        Outcome::Stop(_) => "stopped",
        Outcome::Switch(_) => "switched",
        Outcome::HandOff(_) => "handed-off",
    }
}

impl ChainRunner {
    /// The next entry of this run's trail; nothing where trails are off.
    pub(super) fn trail(&self, run: &Run, stage: Stage<'_>) -> Option<String> {
        let trail = &run.trail;
        if !trail.on {
            return None;
        }
        let entry = Entry {
            at_ms: self.environment.now_ms(),
            host: &self.host,
            chain: &run.chain,
            list: &run.claim.list,
            ended: stage.ended,
            class: stage.class,
            current: run.switched.as_ref(),
            lists: stage.lists,
            links: &trail.links,
            more_links: trail.more_links,
            storages: &trail.storages,
        };
        // Names and numbers always become JSON.
        serde_json::to_string(&entry).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
        for _ in 0..MOST_LINKS + 3 {
            trail.link(note);
        }
        for _ in 0..MOST_STORAGES + 3 {
            trail.storage(&storage, Some(&"ß".repeat(1000)));
        }
        assert_eq!((trail.links.len(), trail.more_links), (MOST_LINKS, 3));
        assert_eq!(trail.storages.len(), MOST_STORAGES);
        let message = trail.storages[0].message.as_deref().unwrap();
        assert_eq!(message.chars().count(), MESSAGE_CHARS);
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
