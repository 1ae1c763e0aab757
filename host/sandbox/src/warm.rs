//! Instances that are kept for the next call, for links whose set-up outweighs their work and whose operator trusts them.
//!
//! Guarantee: an instance serves one link with one component and the same options, one call at a time. It is kept only after a call that
//! ended by itself, grew no memory and used nothing of WASI or HTTP, and for [`MAX_CALLS`] calls at most.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Store;

use super::linked::RunFunction;
use super::pool::MAX_KEPT_INSTANCES;
use super::state::CallState;
use vconduit_base::names::{Digest, LinkName};

/// Calls of one instance. What a link piles up in its memory ends with it; a start in a thousand calls costs nothing.
const MAX_CALLS: u32 = 1000;

/// What an instance may be used for again.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub link: LinkName,
    pub version: Digest,
    pub options: Arc<str>,
}

/// An instance between two calls.
pub(super) struct Warm {
    pub store: Store<CallState>,
    pub run: RunFunction,
    pub calls: u32,
}

/// The instances that are kept, the latest last.
#[derive(Default)]
pub(super) struct Shelf(Mutex<VecDeque<(Key, Warm)>>);

impl Shelf {
    /// An instance for this use, if there is one.
    pub(super) fn take(&self, key: &Key) -> Option<Warm> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|(of, _)| of == key)?;
        kept.remove(at).map(|(_, warm)| warm)
    }

    /// Keeps an instance, unless it has served long enough. The one that has waited longest makes room.
    pub(super) fn put(&self, key: Key, warm: Warm) {
        if warm.calls >= MAX_CALLS {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (kept.len() >= MAX_KEPT_INSTANCES).then(|| kept.pop_front()).flatten();
        kept.push_back((key, warm));
        drop(kept);
        // Ending an instance takes microseconds: not under the lock.
        drop(oldest);
    }
}
