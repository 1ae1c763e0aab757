//! Remembers for a short time that no storage has a vCon, so that repeated reads cost nothing.
//!
//! Guarantee: the memory is bounded in size and time. A save removes the id at once, also for a
//! read that began before the save.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::policy::AskPolicy;
use vcon_document::VconId;

/// Ids that no storage has.
#[derive(Debug, Default)]
pub struct Missing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: HashMap<VconId, Instant>,
    /// Number of saves, by a part of the id's hash. A read is not remembered if the number changed
    /// meanwhile, because its result may be out of date. This also affects other vCons that share
    /// the part, at the cost of one read.
    saves: HashMap<u8, u64>,
}

fn part(id: &VconId) -> u8 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish().to_le_bytes().first().copied().unwrap_or_default()
}

impl Missing {
    /// Returns true if no storage has this id, as far as known.
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

    /// Returns the number of saves before a read. It is passed to [`Missing::note`] after the read.
    pub fn begin(&self, id: &VconId) -> u64 {
        self.lock().saves.get(&part(id)).copied().unwrap_or_default()
    }

    /// Remembers that no storage has this id. `saves` is the result of [`Missing::begin`].
    pub fn note(&self, id: &VconId, saves: u64, policy: &AskPolicy) {
        let mut state = self.lock();
        if state.saves.get(&part(id)).copied().unwrap_or_default() != saves {
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

    /// Removes an id, because it is being saved.
    pub fn forget(&self, id: &VconId) {
        let mut state = self.lock();
        *state.saves.entry(part(id)).or_default() += 1;
        state.until.remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
