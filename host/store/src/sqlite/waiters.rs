//! Waiting for an entry on a list, in this process.
//!
//! Guarantee: a waiter wakes after the entry is visible. All pushes go through this process, so no
//! list has to be polled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The waiters, by list.
#[derive(Debug, Default)]
pub struct Waiters {
    lists: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Waiters {
    /// Returns the signal to wait for on this list.
    pub fn of(&self, list: &str) -> Arc<Notify> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = lists.get(list) {
            return notify.clone();
        }
        // Lists without waiters need no place.
        lists.retain(|_, notify| Arc::strong_count(notify) > 1);
        lists.entry(list.to_owned()).or_default().clone()
    }

    /// Wakes the waiters of lists with new entries.
    pub fn wake(&self, pushed: &[String]) {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        for list in pushed {
            if let Some(notify) = lists.get(list) {
                notify.notify_waiters();
            }
        }
    }
}
