//! Follows the demo's vCons until their runs have ended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::client::Posted;
use vconduit_base::names::ListName;
use vconduit_engine::events::{Event, RunEvent, Told};

/// A run that has ended.
pub(super) struct Ended {
    /// The run.
    pub run: RunEvent,
    /// How.
    pub how: How,
}

/// How a run can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Through its chain.
    Finished,
    /// Quietly, by a link.
    Stopped,
    /// In the dead letters, or waiting for someone: not where the demo's chain should bring it.
    Otherwise,
}

fn ended(event: &Event) -> Option<Ended> {
    let (run, how) = match event {
        Event::VconFinished(run) => (run, How::Finished),
        Event::VconStopped(run) => (run, How::Stopped),
        Event::VconFailed(run) | Event::VconParked(run) => (run, How::Otherwise),
        _ => return None,
    };
    Some(Ended { run: run.clone(), how })
}

/// How each vCon's run on the demo's list ended, by id. Ends early when `at_most` is over: what is missing then has not ended.
pub(super) async fn until_ended(
    mut events: Receiver<Arc<Told>>,
    posted: &[Posted],
    list: &ListName,
    bar: &ProgressBar,
    at_most: Duration,
) -> HashMap<String, Ended> {
    bar.set_message("running the chain");
    let ids: HashSet<&str> = posted.iter().filter_map(|posted| posted.id.as_deref()).collect();
    bar.inc((posted.len() - ids.len()) as u64);
    let mut runs = HashMap::new();
    let all = async {
        while runs.len() < ids.len() {
            match events.recv().await {
                Ok(told) => {
                    let Some(ended) = ended(&told.event) else { continue };
                    let ours = ended.run.list == *list && ids.contains(ended.run.vcon.as_str());
                    if ours && runs.insert(ended.run.vcon.to_string(), ended).is_none() {
                        bar.inc(1);
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    };
    let _ = tokio::time::timeout(at_most, all).await;
    runs
}
