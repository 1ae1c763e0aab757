//! The state of a run: what is known of its document, and what is done but not yet written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::hold::ClaimHold;
use super::resume::{self, NoPlace};
use super::trail::Trail;
use crate::events::RunEvent;
use vcon_document::{Document, Edit, Text, VconId};
use vconduit_base::names::{ChainName, Digest, LinkName};
use vconduit_config::Chain;
use vconduit_store::{Checkpoint, Claim, Effects, Progress, Revision};

/// A run in progress.
pub(super) struct Run {
    /// The claim that guards every write.
    pub claim: Claim,
    /// The hold on the claim, which everything outside waits for.
    pub hold: ClaimHold,
    /// The chain.
    pub chain: ChainName,
    /// The vCon that the run is about now.
    pub current: VconId,
    /// The vCon that a link switched to; checkpoints note it.
    pub switched: Option<VconId>,
    /// The document as links see it, edits applied; absent when there is none.
    pub document: Option<Document>,
    /// The text that the edits were made on, in the form that links see.
    pub base: Option<Text>,
    /// The stored state that `document` was made from.
    pub revision: Option<Revision>,
    /// Edits that are in `document` but not yet in the store.
    pub edits: Vec<Edit>,
    /// Effects that are not yet in the store.
    pub effects: Effects,
    /// The index of the next link in the chain.
    pub next_link: u32,
    /// The links that ran or were passed over, in order.
    pub done: Vec<LinkName>,
    /// Beginning of the run, in Unix milliseconds.
    pub began_ms: u64,
    /// Time that workers had spent on the run before this claim.
    pub spent_before: Duration,
    /// Beginning of the work under this claim.
    pub since: Instant,
    /// Versions of links to run instead of the active ones.
    pub versions: BTreeMap<LinkName, Digest>,
    /// The link that was called last, and its version.
    pub last: Option<(LinkName, Digest)>,
    /// The failure of the run, if it failed.
    pub failing: Option<Failing>,
    /// Notes for the trail that are not yet written.
    pub trail: Trail,
}

/// The failure of a run.
pub(super) struct Failing {
    /// The link, if one was running.
    pub link: Option<LinkName>,
    /// The digest of its component.
    pub version: Option<Digest>,
    /// The class of the fault, as in the error record.
    pub class: &'static str,
}

impl Run {
    /// Begins a run at the checkpoint of its claim. [`Self::find_place`] has to be called before a
    /// link is.
    pub fn begin(claim: Claim, hold: ClaimHold, chain: ChainName, now_ms: u64, trails: bool) -> Self {
        let checkpoint = checkpoint_for(&claim, &chain);
        Self {
            current: checkpoint.current.clone().unwrap_or_else(|| claim.vcon.clone()),
            switched: checkpoint.current,
            document: None,
            base: None,
            revision: None,
            edits: Vec::new(),
            effects: Effects::default(),
            next_link: 0,
            done: Vec::new(),
            began_ms: if checkpoint.began_ms == 0 {
                now_ms
            } else {
                checkpoint.began_ms
            },
            spent_before: Duration::from_millis(checkpoint.spent_ms),
            since: Instant::now(),
            versions: checkpoint.versions,
            last: None,
            failing: None,
            trail: Trail::new(trails),
            claim,
            hold,
            chain,
        }
    }

    /// Goes back to the last checkpoint, to work on a newer document.
    pub fn begin_again(&mut self) {
        let checkpoint = checkpoint_for(&self.claim, &self.chain);
        self.current = checkpoint.current.clone().unwrap_or_else(|| self.claim.vcon.clone());
        self.switched = checkpoint.current;
        self.document = None;
        self.base = None;
        self.revision = None;
        self.edits.clear();
        self.effects = Effects::default();
    }

    /// Finds the next link in the chain as it is now.
    pub fn find_place(&mut self, chain: &Chain) -> Result<(), NoPlace> {
        let links: Vec<_> = chain.links.iter().map(|link| &link.name).collect();
        let checkpoint = &self.claim.checkpoint;
        let resumed = resume::resume(checkpoint, &self.chain, &links)?;
        (self.next_link, self.done) = (resumed.next_link, resumed.done);
        if self.next_link != checkpoint.next_link {
            tracing::info!(
                vcon = %self.current, chain = %self.chain, before = checkpoint.next_link, now = self.next_link,
                "the chain was edited since the checkpoint; the run continues at the link's new place"
            );
        }
        Ok(())
    }

    /// The link is done: the next one is that after it.
    pub fn pass(&mut self, link: &LinkName) {
        self.done.push(link.clone());
        self.next_link += 1;
    }

    /// Progress of the run in this chain, for the store.
    pub fn checkpoint(&self, chain: &Chain) -> Checkpoint {
        let left = chain.links.iter().skip(self.next_link as usize);
        Checkpoint {
            chain: Some(self.chain.clone()),
            next_link: self.next_link,
            progress: Some(Progress {
                done: self.done.clone(),
                left: left.map(|link| link.name.clone()).collect(),
            }),
            current: self.switched.clone(),
            began_ms: self.began_ms,
            spent_ms: millis(self.spent()),
            versions: self.versions.clone(),
        }
    }

    /// Time that workers have spent on the run, with this one.
    fn spent(&self) -> Duration {
        self.spent_before + self.since.elapsed()
    }

    /// Time by which the run has to be finished, if its chain has a timeout. Time in which it was
    /// parked or waited for a worker does not count.
    pub fn deadline(&self, timeout: Option<Duration>) -> Option<Instant> {
        timeout.map(|timeout| self.since + timeout.saturating_sub(self.spent_before))
    }

    /// This run, for those who listen.
    pub fn event(&self) -> RunEvent {
        RunEvent::of(self.claim.vcon.clone(), self.claim.list.clone(), self.chain.clone())
    }

    /// The end of this run, for those who listen: with the link that failed it, else with the link
    /// that was called last.
    pub fn end_event(&self) -> RunEvent {
        let event = self.event();
        if let Some(failing) = &self.failing {
            return RunEvent {
                link: failing.link.clone(),
                version: failing.version.clone(),
                class: Some(failing.class.to_owned()),
                ..event
            };
        }
        let (link, version) = self.last.clone().unzip();
        RunEvent { link, version, ..event }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The checkpoint of a claim. What was noted for a run of another chain that has not begun (a retry
/// with versions) does not count.
fn checkpoint_for(claim: &Claim, chain: &ChainName) -> Checkpoint {
    let checkpoint = &claim.checkpoint;
    let began = checkpoint.next_link > 0 || checkpoint.progress.is_some();
    if began || checkpoint.chain.as_ref() == Some(chain) {
        return checkpoint.clone();
    }
    Checkpoint::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vconduit_base::names::{ClaimId, ListName};

    fn run_after(spent_ms: u64) -> Run {
        let claim = Claim {
            id: ClaimId::random(),
            list: ListName::new("in").unwrap(),
            vcon: VconId::new("a").unwrap(),
            checkpoint: Checkpoint {
                chain: Some(ChainName::new("main").unwrap()),
                // Long ago: it was parked, or Redis was unavailable.
                began_ms: 1,
                spent_ms,
                next_link: 1,
                ..Checkpoint::default()
            },
            lost_leases: 0,
            context: None,
        };
        let hold = ClaimHold::new(tokio::time::Instant::now(), Duration::from_secs(30));
        Run::begin(claim, hold, ChainName::new("main").unwrap(), 1_700_000_000_000, false)
    }

    #[test]
    fn the_timeout_of_a_chain_counts_the_work_and_not_the_waiting() {
        let timeout = Duration::from_secs(60);
        for (spent_ms, left) in [(0, 60), (45_000, 15), (61_000, 0)] {
            let run = run_after(spent_ms);
            let deadline = run.deadline(Some(timeout)).unwrap();
            assert_eq!(
                deadline - run.since,
                Duration::from_secs(left),
                "after {spent_ms} ms of work"
            );
        }
        assert_eq!(run_after(0).deadline(None), None);
        assert!(
            run_after(45_000).spent() >= Duration::from_secs(45),
            "a checkpoint adds to the last one"
        );
    }
}
