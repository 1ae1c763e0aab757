//! The lists that have work, and their turns.
//!
//! Guarantee: every list with work is served in proportion to its weight, however full the others
//! are.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use tokio::sync::Notify;

use vconduit_base::names::ListName;

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

/// The list whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// The list.
    pub list: ListName,
    /// Entries that may be claimed in this turn.
    pub at_most: usize,
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

    /// Waits for a list with work. Returns the one whose turn it is, with at most `permits` entries
    /// to claim.
    pub async fn next(&self, permits: usize) -> Next {
        loop {
            if let Some(next) = self.try_next(permits) {
                return next;
            }
            self.ready.notified().await;
        }
    }

    fn try_next(&self, permits: usize) -> Option<Next> {
        let mut inner = self.inner.lock().ok()?;
        let weight = {
            let first = inner.turns.first()?;
            inner.by_name.get(&first.list).copied().unwrap_or(1)
        };
        let turn = inner.turns.first_mut()?;
        let at_most = permits.min(turn.credit as usize);
        let list = turn.list.clone();
        turn.credit -= u32::try_from(at_most).unwrap_or(turn.credit);
        if turn.credit == 0 {
            turn.credit = weight * TURN;
            inner.turns.rotate_left(1);
        }
        Some(Next { list, at_most })
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
            let lists = Lists::default();
            lists.set_ready(&name("a"), 3);
            lists.set_ready(&name("b"), 1);
            let mut taken: HashMap<String, usize> = HashMap::new();
            while taken.values().sum::<usize>() < 6400 {
                let next = lists.next(permits).await;
                assert!(next.at_most > 0, "a turn of nothing would spin");
                *taken.entry(next.list.to_string()).or_default() += next.at_most;
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
        let lists = Lists::default();
        lists.set_ready(&name("a"), 1);
        lists.set_ready(&name("b"), 1);
        lists.set_empty(&name("a"));
        assert_eq!(lists.next(1).await.list, name("b"));
        assert_eq!(lists.next(1).await.list, name("b"));
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
}
