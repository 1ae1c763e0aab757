//! The lists that have work, and their turns.
//!
//! Guarantee: every list with work is served in proportion to its weight, however full the others
//! are. A chain never has more runs on this host than its limit, so a slow one leaves permits to
//! the others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use vconduit_base::names::{ChainName, ListName};

/// Entries claimed in one turn for each unit of weight. Large enough that many entries share the
/// round trip of a claim, small enough that a list with one entry does not wait long.
const TURN: u32 = 16;

/// Lists with work, in turns (deficit round robin).
#[derive(Default)]
pub(super) struct Lists {
    inner: Mutex<Inner>,
    /// Notified when a list has work.
    ready: Notify,
    /// Notified when a list was found empty, so that its waiter waits again.
    emptied: Notify,
}

#[derive(Default)]
struct Inner {
    /// The lists in order of their turns; the first is next.
    turns: Vec<Turn>,
    /// The weight of each list with work.
    by_name: HashMap<ListName, u32>,
    /// The lists whose last claim failed.
    failed: HashSet<ListName>,
    /// The runs of each chain that has any.
    runs: HashMap<ChainName, usize>,
}

struct Turn {
    list: ListName,
    /// Entries left of its turn.
    credit: u32,
}

/// How a list that was ready stopped being so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emptied {
    /// It was found empty, or is no longer served.
    Found,
    /// A claim failed. The list may have entries.
    ByFailure,
}

/// The chain of a list, with its limit of runs at once.
#[derive(Debug, Clone)]
pub(super) struct ChainLimit {
    pub chain: ChainName,
    pub runs: usize,
}

/// The list whose turn it is.
pub(super) struct Next {
    /// The list.
    pub list: ListName,
    /// One for each entry that may be claimed in this turn.
    pub slots: Vec<ChainSlot>,
}

/// One run of a chain, until it is dropped.
pub(super) struct ChainSlot {
    lists: Arc<Lists>,
    chain: Option<ChainName>,
}

impl Drop for ChainSlot {
    fn drop(&mut self) {
        let Some(chain) = &self.chain else { return };
        if let Ok(mut inner) = self.lists.inner.lock()
            && let Some(runs) = inner.runs.get_mut(chain)
        {
            *runs -= 1;
            if *runs == 0 {
                inner.runs.remove(chain);
            }
        }
        self.lists.ready.notify_one();
    }
}

impl Lists {
    /// Notes that a list has work.
    pub fn set_ready(&self, list: &ListName, weight: u32) {
        if let Ok(mut inner) = self.inner.lock() {
            let weight = weight.clamp(1, 100);
            if inner.by_name.insert(list.clone(), weight).is_none() {
                inner.turns.push(Turn {
                    list: list.clone(),
                    credit: weight * TURN,
                });
            }
        }
        self.ready.notify_one();
    }

    /// Notes that a list was found empty, or is no longer served.
    pub fn set_empty(&self, list: &ListName) {
        self.remove(list, Emptied::Found);
    }

    /// Notes that a claim failed. The list has no turn until its waiter says so again.
    pub fn set_failed(&self, list: &ListName) {
        self.remove(list, Emptied::ByFailure);
    }

    fn remove(&self, list: &ListName, how: Emptied) {
        if let Ok(mut inner) = self.inner.lock() {
            inner.by_name.remove(list);
            inner.turns.retain(|turn| turn.list != *list);
            if how == Emptied::ByFailure {
                inner.failed.insert(list.clone());
            }
        }
        self.emptied.notify_waiters();
    }

    /// True when a list waits for its turn.
    pub fn is_ready(&self, list: &ListName) -> bool {
        self.inner.lock().is_ok_and(|inner| inner.by_name.contains_key(list))
    }

    /// Waits until a list that was ready is found empty, or a claim of it failed.
    pub async fn until_empty(&self, list: &ListName) -> Emptied {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if !self.is_ready(list) {
                let has_failed = self.inner.lock().is_ok_and(|mut inner| inner.failed.remove(list));
                return if has_failed { Emptied::ByFailure } else { Emptied::Found };
            }
            emptied.await;
        }
    }

    /// Waits for a list with work whose chain may have more runs. Returns the one whose turn it is,
    /// with slots for at most `permits` entries to claim. A list without a limit is not served any
    /// more; it has its turn, so that it is found out.
    pub async fn next(self: &Arc<Self>, permits: usize, limit: impl Fn(&ListName) -> Option<ChainLimit>) -> Next {
        loop {
            if let Some(next) = self.try_next(permits, &limit) {
                return next;
            }
            self.ready.notified().await;
        }
    }

    fn try_next(self: &Arc<Self>, permits: usize, limit: impl Fn(&ListName) -> Option<ChainLimit>) -> Option<Next> {
        let mut inner = self.inner.lock().ok()?;
        let inner = &mut *inner;
        let (at, limit, free) = inner.turns.iter().enumerate().find_map(|(at, turn)| {
            let limit = limit(&turn.list);
            let free = limit.as_ref().map_or(usize::MAX, |limit| {
                let runs = inner.runs.get(&limit.chain).copied().unwrap_or_default();
                limit.runs.saturating_sub(runs)
            });
            (free > 0).then_some((at, limit, free))
        })?;
        let turn = inner.turns.get_mut(at)?;
        let at_most = permits.min(turn.credit as usize).min(free);
        let list = turn.list.clone();
        turn.credit -= u32::try_from(at_most).unwrap_or(turn.credit);
        if turn.credit == 0 {
            turn.credit = inner.by_name.get(&list).copied().unwrap_or(1) * TURN;
            let turn = inner.turns.remove(at);
            inner.turns.push(turn);
        }
        let chain = limit.map(|limit| limit.chain);
        if let Some(chain) = &chain {
            *inner.runs.entry(chain.clone()).or_default() += at_most;
        }
        let slot = || ChainSlot {
            lists: self.clone(),
            chain: chain.clone(),
        };
        Some(Next {
            list,
            slots: std::iter::repeat_with(slot).take(at_most).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ListName {
        ListName::new(text).unwrap()
    }

    #[tokio::test]
    async fn lists_share_by_weight_however_many_permits_come_at_once() {
        for permits in [1, 3, 16, 1000] {
            let lists = Arc::new(Lists::default());
            lists.set_ready(&name("a"), 3);
            lists.set_ready(&name("b"), 1);
            let mut taken: HashMap<String, usize> = HashMap::new();
            while taken.values().sum::<usize>() < 6400 {
                let next = lists.next(permits, no_limit).await;
                assert!(!next.slots.is_empty(), "a turn of nothing would spin");
                *taken.entry(next.list.to_string()).or_default() += next.slots.len();
            }
            let share = taken["a"] as f64 / taken["b"] as f64;
            assert!(
                (2.8..3.2).contains(&share),
                "{permits} permits: a and b shared {share} to 1, not 3 to 1"
            );
        }
    }

    #[tokio::test]
    async fn an_emptied_list_has_no_turn_until_it_has_work_again() {
        let lists = Arc::new(Lists::default());
        lists.set_ready(&name("a"), 1);
        lists.set_ready(&name("b"), 1);
        lists.set_empty(&name("a"));
        assert_eq!(lists.next(1, no_limit).await.list, name("b"));
        assert_eq!(lists.next(1, no_limit).await.list, name("b"));
        assert_eq!(lists.until_empty(&name("a")).await, Emptied::Found);
        lists.set_ready(&name("a"), 1);
        assert!(lists.is_ready(&name("a")));
    }

    #[tokio::test]
    async fn the_waiter_of_a_list_learns_once_that_a_claim_failed() {
        let lists = Lists::default();
        for expected in [Emptied::ByFailure, Emptied::Found] {
            lists.set_ready(&name("a"), 1);
            match expected {
                Emptied::ByFailure => lists.set_failed(&name("a")),
                Emptied::Found => lists.set_empty(&name("a")),
            }
            assert_eq!(lists.until_empty(&name("a")).await, expected);
        }
    }

    fn no_limit(_: &ListName) -> Option<ChainLimit> {
        None
    }

    /// Each list is of a chain of its name, which may have two runs at once.
    fn two(list: &ListName) -> Option<ChainLimit> {
        let chain = ChainName::new(list.as_str()).unwrap();
        Some(ChainLimit { chain, runs: 2 })
    }

    #[tokio::test]
    async fn a_chain_with_all_its_runs_has_no_turn_until_one_ends() {
        let lists = Arc::new(Lists::default());
        lists.set_ready(&name("slow"), 100);
        lists.set_ready(&name("fast"), 1);
        let mut slow = lists.next(100, two).await;
        assert_eq!((&slow.list, slow.slots.len()), (&name("slow"), 2));
        for _ in 0..100 {
            let fast = lists.next(100, two).await;
            assert_eq!(
                (&fast.list, fast.slots.len()),
                (&name("fast"), 2),
                "its runs end at once"
            );
        }
        let _fast = lists.next(100, two).await;
        assert!(lists.try_next(100, two).is_none(), "all have all their runs");
        let waiting = tokio::spawn({
            let lists = lists.clone();
            async move { lists.next(100, two).await }
        });
        tokio::task::yield_now().await;
        drop(slow.slots.pop());
        let next = waiting.await.unwrap();
        assert_eq!((&next.list, next.slots.len()), (&name("slow"), 1));
    }
}
