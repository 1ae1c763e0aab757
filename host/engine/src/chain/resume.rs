//! Finds the place of a run in a chain that may have been edited since the run's checkpoint.
//!
//! Guarantee: no link that ran runs again, and no link that was left and is still in the chain is
//! skipped. Where the chain has no such place the run fails with a reason that names the links; the
//! place is never guessed.
//!
//! A checkpoint holds the names of the links that were done and of those that were left
//! ([`Progress`]). A place in the chain as it is now *fits* when, for every link, what stands
//! before the place covers the times it ran and what stands after it covers the times it was left.
//! So:
//!
//! - Links inserted before a link that ran do not run: the run is past them.
//! - Links inserted between the last link that ran and the next one run first.
//! - Links appended to the chain run, also when only storages and egress were left.
//! - Links that were removed do not run. When the next link itself was removed, the run fails:
//!   there is nothing to say whether another link takes its place.
//! - When a link was moved from one side of the place to the other, the run fails.
//! - A link that a chain names several times counts by its occurrences.
//! - The name of the chain does not matter: a chain that was renamed, or another one that took over
//!   the list, is an edit as any other.
//!
//! Several places fit where links were inserted. The run takes the first one that directly follows
//! the link that ran last, else the first one, so that the inserted links run.

use vconduit_base::names::{ChainName, LinkName};
use vconduit_store::{Checkpoint, Progress};

/// The class of the error record of such a run.
pub(super) const CLASS: &str = "chain-changed";

/// The next step for operators of such a run.
const NEXT_STEP: &str = "retry the dead letter to send the vCon through the whole chain as it is now, those links \
                         included, or send it to a list whose chain holds only the links that are missing";

/// Reason why a run no longer has a place in its chain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    /// The next link was removed, or renamed.
    #[error("the next link of this run, {place}, is no longer in chain {chain}; done so far: {done}; {NEXT_STEP}")]
    Removed {
        /// The link.
        link: LinkName,
        /// The link with its occurrence.
        place: String,
        /// The chain as it is called now.
        chain: ChainName,
        /// The links that ran.
        done: String,
    },
    /// Links changed sides.
    #[error(
        "chain {chain} was put in another order while this run waited for {place}: no place in it has all links that ran \
         before it and all that are left after it; done so far: {done}; {NEXT_STEP}"
    )]
    Reordered {
        /// The next link with its occurrence, or `end`.
        place: String,
        /// The chain as it is called now.
        chain: ChainName,
        /// The links that ran.
        done: String,
    },
    /// The checkpoint has no names, and was written for another chain.
    #[error(
        "this run stood at link number {number} of chain {before}, and its list now belongs to chain {chain}; the \
         checkpoint of an older host does not say which links these were; {NEXT_STEP}"
    )]
    OtherChain {
        /// The index of the next link.
        number: u32,
        /// The chain that it was written for.
        before: String,
        /// The chain that the list belongs to now.
        chain: ChainName,
    },
}

impl NoPlace {
    /// The link that is missing, where it is one.
    pub fn link(&self) -> Option<LinkName> {
        match self {
            Self::Removed { link, .. } => Some(link.clone()),
            Self::Reordered { .. } | Self::OtherChain { .. } => None,
        }
    }
}

/// The place where a run continues.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resumed {
    /// The index of the next link in the chain; the number of links when only storages and egress
    /// are left.
    pub next_link: u32,
    /// The links that ran or were passed, those that are no longer in the chain included: the place
    /// is found again also when someone puts them back. The last one is the link that ran last.
    pub done: Vec<LinkName>,
}

/// Finds the place of a checkpoint in this chain.
pub(super) fn resume(checkpoint: &Checkpoint, chain: &ChainName, links: &[&LinkName]) -> Result<Resumed, NoPlace> {
    let next_link = match &checkpoint.progress {
        None => by_number(checkpoint, chain)?,
        Some(progress) if is_unchanged(progress, links) => progress.done.len(),
        Some(progress) => by_names(progress, chain, links)?,
    };
    let ran = checkpoint.progress.as_ref().map_or(&[][..], |progress| &progress.done);
    let behind = links.get(..next_link).unwrap_or(links);
    Ok(Resumed {
        next_link: u32::try_from(next_link).unwrap_or(u32::MAX),
        done: with_passed(ran, behind),
    })
}

/// The links that ran, after those that are before the place and did not run.
fn with_passed(ran: &[LinkName], behind: &[&LinkName]) -> Vec<LinkName> {
    let mut unmatched: Vec<&LinkName> = ran.iter().collect();
    let mut done = Vec::new();
    for link in behind {
        if let Some(at) = unmatched.iter().position(|name| name == link) {
            unmatched.swap_remove(at);
        } else {
            done.push((*link).clone());
        }
    }
    done.extend_from_slice(ran);
    done
}

/// The place of a checkpoint that an older host wrote.
fn by_number(checkpoint: &Checkpoint, chain: &ChainName) -> Result<usize, NoPlace> {
    if checkpoint.next_link == 0 || checkpoint.chain.as_ref() == Some(chain) {
        return Ok(checkpoint.next_link as usize);
    }
    Err(NoPlace::OtherChain {
        number: checkpoint.next_link,
        before: checkpoint.chain.as_ref().map(ToString::to_string).unwrap_or_default(),
        chain: chain.clone(),
    })
}

fn is_unchanged(progress: &Progress, links: &[&LinkName]) -> bool {
    progress.done.iter().chain(&progress.left).eq(links.iter().copied())
}

fn by_names(progress: &Progress, chain: &ChainName, links: &[&LinkName]) -> Result<usize, NoPlace> {
    let done = || {
        progress
            .done
            .iter()
            .map(LinkName::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let removed = |link: &LinkName| NoPlace::Removed {
        link: link.clone(),
        place: progress.next_place(),
        chain: chain.clone(),
        done: done(),
    };
    let next = progress.left.first();
    if let Some(next) = next.filter(|next| !links.contains(next)) {
        return Err(removed(next));
    }
    let (first, last) = fitting(progress, links);
    if first > last {
        return Err(NoPlace::Reordered {
            place: progress.next_place(),
            chain: chain.clone(),
            done: done(),
        });
    }
    let follows_the_last_done = |place: &usize| match place.checked_sub(1) {
        Some(before) => links.get(before).copied() == progress.done.last(),
        None => progress.done.is_empty(),
    };
    let place = (first..=last).find(follows_the_last_done).unwrap_or(first);
    let after = links.get(place..).unwrap_or_default();
    match next.filter(|next| !after.contains(next)) {
        Some(next) => Err(removed(next)),
        None => Ok(place),
    }
}

/// The first and the last place that fit; the first is greater than the last when none does.
fn fitting(progress: &Progress, links: &[&LinkName]) -> (usize, usize) {
    let (mut first, mut last) = (0, links.len());
    for name in progress.done.iter().chain(&progress.left) {
        let (earliest, latest) = fitting_for(name, progress, links);
        first = first.max(earliest);
        last = last.min(latest);
    }
    (first, last)
}

/// The first and the last place that fit as far as this link is concerned.
fn fitting_for(name: &LinkName, progress: &Progress, links: &[&LinkName]) -> (usize, usize) {
    let count = |names: &[LinkName]| names.iter().filter(|other| *other == name).count();
    let (done, left) = (count(&progress.done), count(&progress.left));
    let occurrences: Vec<usize> = (0..)
        .zip(links)
        .filter(|(_, link)| **link == name)
        .map(|(at, _)| at)
        .collect();
    // Number of occurrences that may be before the place: as many as ran, or all except as many as
    // were left. The two numbers differ by the occurrences that were inserted or removed.
    let all_but_left = occurrences.len().saturating_sub(left);
    let (fewest, most) = (done.min(all_but_left), done.max(all_but_left));
    let earliest = fewest
        .checked_sub(1)
        .and_then(|at| occurrences.get(at))
        .map_or(0, |at| at + 1);
    let latest = occurrences.get(most).copied().unwrap_or(links.len());
    (earliest, latest)
}

#[cfg(test)]
mod tests;
