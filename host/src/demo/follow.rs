//! Follows the demo's vCons until their runs have ended.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::client::Posted;
use crate::events::RunEnded;
use crate::names::ListName;

/// How each vCon's run on the demo's list ended, by id. Ends early when `at_most` is over: what is missing then has not ended.
pub(super) async fn until_ended(
    mut events: Receiver<RunEnded>,
    posted: &[Posted],
    list: &ListName,
    bar: &ProgressBar,
    at_most: Duration,
) -> HashMap<String, RunEnded> {
    bar.set_message("running the chain");
    let ids: HashSet<&str> = posted.iter().filter_map(|posted| posted.id.as_deref()).collect();
    bar.inc((posted.len() - ids.len()) as u64);
    let mut runs = HashMap::new();
    let all = async {
        while runs.len() < ids.len() {
            match events.recv().await {
                Ok(run) if run.list == *list && ids.contains(run.vcon.as_str()) => {
                    if runs.insert(run.vcon.to_string(), run).is_none() {
                        bar.inc(1);
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    };
    let _ = tokio::time::timeout(at_most, all).await;
    runs
}
