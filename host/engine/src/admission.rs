//! Admission of new vCons while the working store is filling up.
//!
//! Guarantee: above a mark nothing new is accepted, so the rest of the room belongs to the work
//! that is there. Only what comes from clients is asked about: links and workers always go on,
//! because they are the ones who make room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::snapshot::Live;
use vconduit_base::names::ListName;
use vconduit_store::{MemoryUse, Store};
use vconduit_telemetry::metrics;

/// Time between two looks at the store. At 5,000 vCons of 10 KB a second, 100 MB arrive meanwhile:
/// the mark has to leave more than that.
const INTERVAL: Duration = Duration::from_secs(2);
/// Percent of a mark below which it is open again, so that it does not change with every vCon.
const REOPEN_PERCENT: u64 = 95;

/// Marks above which nothing new is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Part of the store's memory in percent. 100: no mark.
    pub memory_percent: u8,
    /// Entries of an ingress list. 0: no mark.
    pub depth: u64,
}

/// Reason why nothing new is accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The store's memory.
    #[error("the working store has {percent} % of its memory in use; try again when the chains have made room")]
    Memory {
        /// Used part in percent.
        percent: u64,
    },
    /// A list.
    #[error("the list {list} has {depth} entries; try again when its chain has worked on them")]
    Depth {
        /// The list.
        list: ListName,
        /// Number of its entries.
        depth: u64,
    },
}

impl Full {
    /// Kind of the mark, for the metric.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Memory { .. } => "memory",
            Self::Depth { .. } => "depth",
        }
    }
}

/// Decides whether new vCons are accepted.
#[derive(Debug)]
pub struct Admission {
    marks: Marks,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    memory: Option<Full>,
    lists: HashMap<ListName, Full>,
}

impl Admission {
    /// Accepts everything until the first look at the store.
    #[must_use]
    pub fn new(marks: Marks) -> Self {
        Self {
            marks,
            state: Mutex::default(),
        }
    }

    /// Decides about a new vCon for these lists.
    ///
    /// # Errors
    /// The mark that is reached.
    pub fn check(&self, lists: &[ListName]) -> Result<(), Full> {
        let state = self.state();
        let of_lists = lists.iter().find_map(|list| state.lists.get(list));
        match state.memory.as_ref().or(of_lists) {
            None => Ok(()),
            Some(full) => {
                metrics::refused(full.kind());
                Err(full.clone())
            }
        }
    }

    /// Looks at the store until the task is dropped. While the store is unavailable, the last state
    /// stays: nothing can be stored then anyway.
    pub async fn watch(self: Arc<Self>, store: Arc<dyn Store>, live: Live) {
        loop {
            self.look(store.as_ref(), &live).await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Looks at the store once.
    pub async fn look(&self, store: &dyn Store, live: &Live) {
        if self.marks.memory_percent < 100 {
            match store.memory_use().await {
                Ok(memory) => self.note_memory(memory),
                Err(error) => tracing::debug!(%error, "the memory of the store is not known"),
            }
        }
        if self.marks.depth > 0 {
            let lists = live.load().config.ingress_lists();
            match store.depths(&lists).await {
                Ok(depths) => self.note_depths(lists.into_iter().zip(depths)),
                Err(error) => tracing::debug!(%error, "the depths of the lists are not known"),
            }
        }
    }

    fn note_memory(&self, memory: Option<MemoryUse>) {
        let mut state = self.state();
        let percent = memory.map_or(0, MemoryUse::percent);
        let mark = u64::from(self.marks.memory_percent);
        let is_full = is_reached(percent, mark, state.memory.is_some());
        if is_full != state.memory.is_some() {
            log_change(is_full, &Full::Memory { percent });
        }
        state.memory = is_full.then_some(Full::Memory { percent });
        metrics::admission("memory", !is_full);
    }

    fn note_depths(&self, depths: impl Iterator<Item = (ListName, u64)>) {
        let mut state = self.state();
        let mut full = HashMap::new();
        for (list, depth) in depths {
            let was_full = state.lists.contains_key(&list);
            let is_full = is_reached(depth, self.marks.depth, was_full);
            let reason = Full::Depth {
                list: list.clone(),
                depth,
            };
            if is_full != was_full {
                log_change(is_full, &reason);
            }
            if is_full {
                full.insert(list, reason);
            }
        }
        metrics::admission("depth", full.is_empty());
        state.lists = full;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_reached(value: u64, mark: u64, was_reached: bool) -> bool {
    let mark_now = if was_reached { mark * REOPEN_PERCENT / 100 } else { mark };
    value >= mark_now.max(1)
}

fn log_change(is_full: bool, reason: &Full) {
    if is_full {
        tracing::warn!(%reason, "new vCons are refused with 503; the chains go on");
    } else {
        tracing::info!(kind = reason.kind(), "new vCons are accepted again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks {
        memory_percent: 80,
        depth: 100,
    };

    fn list(name: &str) -> ListName {
        ListName::new(name).unwrap()
    }

    fn used(percent: u64) -> Option<MemoryUse> {
        Some(MemoryUse {
            used_bytes: percent * 10,
            max_bytes: 1_000,
        })
    }

    #[test]
    fn everything_is_accepted_below_the_marks_and_without_a_limit_of_the_store() {
        let admission = Admission::new(MARKS);
        for memory in [None, used(0), used(79)] {
            admission.note_memory(memory);
            assert_eq!(admission.check(&[list("in")]), Ok(()), "{memory:?}");
        }
        admission.note_depths([(list("in"), 99)].into_iter());
        assert_eq!(admission.check(&[list("in")]), Ok(()));
    }

    #[test]
    fn a_full_memory_refuses_everything_until_it_is_well_below_the_mark() {
        let admission = Admission::new(MARKS);
        for (percent, is_full) in [(80, true), (77, true), (76, true), (75, false), (79, false), (90, true)] {
            admission.note_memory(used(percent));
            let expected = if is_full { Err(Full::Memory { percent }) } else { Ok(()) };
            assert_eq!(admission.check(&[]), expected, "at {percent} %");
        }
    }

    #[test]
    fn a_long_list_refuses_only_what_is_for_it() {
        let admission = Admission::new(MARKS);
        admission.note_depths([(list("long"), 100), (list("short"), 5)].into_iter());
        assert_eq!(admission.check(&[list("short")]), Ok(()));
        assert_eq!(admission.check(&[]), Ok(()), "it is for no list");
        let long = Full::Depth {
            list: list("long"),
            depth: 100,
        };
        assert_eq!(admission.check(&[list("short"), list("long")]), Err(long));
        admission.note_depths([(list("long"), 94)].into_iter());
        assert_eq!(admission.check(&[list("long")]), Ok(()));
    }
}
