//! Instances kept for the next call, for trusted links whose start takes longer than their work.
//!
//! Guarantee: an instance serves one link with one component and the same options, one call at a
//! time. It is kept only after a call that ended by itself, grew no memory and used neither WASI
//! nor HTTP, and for [`MAX_CALLS`] calls at most.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Store;

use crate::linked::RunFunction;
use crate::pool::MAX_KEPT_INSTANCES;
use crate::state::CallState;
use vconduit_base::names::{Digest, LinkName};

/// Maximum number of calls of one instance. It bounds what a link accumulates in its memory. One
/// start in a thousand calls costs nothing.
const MAX_CALLS: u32 = 1000;

/// Calls that an instance may serve: those with the same link, component and options.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WarmKey {
    pub link: LinkName,
    pub version: Digest,
    pub options: Arc<str>,
}

/// An instance between two calls.
pub(crate) struct WarmInstance {
    pub store: Store<CallState>,
    pub run: RunFunction,
    /// Number of calls that it has served.
    pub calls: u32,
}

/// The kept instances, the latest at the back.
#[derive(Default)]
pub(crate) struct WarmInstances(Mutex<VecDeque<(WarmKey, WarmInstance)>>);

impl WarmInstances {
    /// Takes an instance for this key, if there is one.
    pub(crate) fn take(&self, key: &WarmKey) -> Option<WarmInstance> {
        let mut instances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = instances.iter().rposition(|(of, _)| of == key)?;
        instances.remove(at).map(|(_, instance)| instance)
    }

    /// Keeps an instance unless it has served [`MAX_CALLS`] calls. If there is no room, the
    /// instance that has waited longest is dropped.
    pub(crate) fn put(&self, key: WarmKey, instance: WarmInstance) {
        if instance.calls >= MAX_CALLS {
            return;
        }
        let mut instances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (instances.len() >= MAX_KEPT_INSTANCES)
            .then(|| instances.pop_front())
            .flatten();
        instances.push_back((key, instance));
        drop(instances);
        // Dropping an instance takes microseconds, so it happens after the lock is released.
        drop(oldest);
    }
}
