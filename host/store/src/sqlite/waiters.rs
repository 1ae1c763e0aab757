//! Waiting for an entry on a list, inside of this process.
//!
//! Guarantee: whoever waits is woken after the entry is visible. All pushes go through this process, so nothing has
//! to be asked again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Those who wait, by list.
#[derive(Debug, Default)]
pub struct Waiters {
    lists: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Waiters {
    /// What to wait on for this list.
    pub fn of(&self, list: &str) -> Arc<Notify> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = lists.get(list) {
            return there.clone();
        }
        // Lists that no one waits for any more need no place.
        lists.retain(|_, notify| Arc::strong_count(notify) > 1);
        lists.entry(list.to_owned()).or_default().clone()
    }

    /// These lists have new entries.
    pub fn wake(&self, pushed: &[String]) {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        for list in pushed {
            if let Some(notify) = lists.get(list) {
                notify.notify_waiters();
            }
        }
    }
}
