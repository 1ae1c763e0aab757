//! Where a run stands: what is known of its document, and what is done but not yet written.

use std::collections::BTreeMap;

use super::trail::Trail;
use crate::events::RunEvent;
use crate::names::{ChainName, Digest, LinkName, VconId};
use crate::store::{Checkpoint, Claim, Effects, Revision};
use crate::vcon::{Document, Edit};

/// A run in work.
pub(super) struct Run {
    /// The claim that guards every write.
    pub claim: Claim,
    /// The chain.
    pub chain: ChainName,
    /// The vCon that the run is about now.
    pub current: VconId,
    /// Set when a link switched: the id that the checkpoint notes.
    pub switched: Option<VconId>,
    /// The document as links see it, edits applied; absent when there is none.
    pub document: Option<Document>,
    /// The stored state that `document` was made from.
    pub revision: Option<Revision>,
    /// Edits that are in `document` but not yet in the store.
    pub edits: Vec<Edit>,
    /// Effects that are not yet in the store.
    pub effects: Effects,
    /// The next link.
    pub next_link: u32,
    /// When the run began, Unix milliseconds.
    pub began_ms: u64,
    /// Versions of links to run instead of the active ones.
    pub versions: BTreeMap<LinkName, Digest>,
    /// The link that was called last, and its version.
    pub last: Option<(LinkName, Digest)>,
    /// The link that failed the run, if one did, and what kind of fault it was.
    pub failed_by: Option<(Option<LinkName>, Option<Digest>, &'static str)>,
    /// What it did and is not yet noted.
    pub trail: Trail,
}

impl Run {
    /// Takes up a claim where its checkpoint left off; one of another chain does not count.
    pub fn begin(claim: Claim, chain: ChainName, now_ms: u64, trails: bool) -> Self {
        let ours = claim.checkpoint.chain.as_ref() == Some(&chain);
        let checkpoint = if ours {
            claim.checkpoint.clone()
        } else {
            Checkpoint::default()
        };
        Self {
            current: checkpoint.current.clone().unwrap_or_else(|| claim.vcon.clone()),
            switched: checkpoint.current,
            document: None,
            revision: None,
            edits: Vec::new(),
            effects: Effects::default(),
            next_link: checkpoint.next_link,
            began_ms: if checkpoint.began_ms == 0 {
                now_ms
            } else {
                checkpoint.began_ms
            },
            versions: checkpoint.versions,
            last: None,
            failed_by: None,
            trail: Trail::new(trails),
            claim,
            chain,
        }
    }

    /// How far it has come, to be noted in the store.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            chain: Some(self.chain.clone()),
            next_link: self.next_link,
            current: self.switched.clone(),
            began_ms: self.began_ms,
            versions: self.versions.clone(),
        }
    }

    /// This run, for those who listen.
    pub fn event(&self) -> RunEvent {
        RunEvent::of(self.claim.vcon.clone(), self.claim.list.clone(), self.chain.clone())
    }
}
