//! What no storage has: remembered for a moment, so that asking again and again costs nothing.
//!
//! Guarantee: bounded in size and time; a save makes the id known again at once, also for a look that began before it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::policy::AskPolicy;
use vcon_document::VconId;

/// The memory.
#[derive(Debug, Default)]
pub struct Missing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: HashMap<VconId, Instant>,
    /// Counts saves, by a part of the id's hash: a look that spans a save of the same vCon is not remembered, as its answer may be out of
    /// date. Other vCons that share the part are not remembered either, now and then, which costs no more than a look.
    saves: HashMap<u8, u64>,
}

fn part(id: &VconId) -> u8 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish().to_le_bytes().first().copied().unwrap_or_default()
}

impl Missing {
    /// Whether this id is known to be missing.
    pub fn contains(&self, id: &VconId) -> bool {
        let mut state = self.lock();
        match state.until.get(id) {
            Some(until) if *until > Instant::now() => true,
            Some(_) => {
                state.until.remove(id);
                false
            }
            None => false,
        }
    }

    /// Called before looking; the answer goes to [`Missing::note`].
    pub fn begin(&self, id: &VconId) -> u64 {
        self.lock().saves.get(&part(id)).copied().unwrap_or_default()
    }

    /// Remembers that nobody has it.
    pub fn note(&self, id: &VconId, looked: u64, policy: &AskPolicy) {
        let mut state = self.lock();
        if state.saves.get(&part(id)).copied().unwrap_or_default() != looked {
            return;
        }
        let now = Instant::now();
        if state.until.len() >= policy.missing_max {
            state.until.retain(|_, until| *until > now);
        }
        if state.until.len() < policy.missing_max {
            state.until.insert(id.clone(), now + policy.missing_for);
        }
    }

    /// It is being saved.
    pub fn forget(&self, id: &VconId) {
        let mut state = self.lock();
        *state.saves.entry(part(id)).or_default() += 1;
        state.until.remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
