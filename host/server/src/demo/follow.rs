//! Follows the runs of the demo's vCons until they have ended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::client::Posted;
use vconduit_base::names::ListName;
use vconduit_engine::events::{Event, RunEvent, Told};

/// A run that has ended.
pub(super) struct EndedRun {
    /// The event that reported the end.
    pub run: RunEvent,
    /// The kind of end.
    pub end: RunEnd,
}

/// The kinds of end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunEnd {
    /// The run went through its whole chain.
    Finished,
    /// A link stopped the run.
    Stopped,
    /// The vCon is a dead letter, or waits for another program. The demo's chain should do neither.
    Failed,
}

fn ended(event: &Event) -> Option<EndedRun> {
    let (run, end) = match event {
        Event::VconFinished(run) => (run, RunEnd::Finished),
        Event::VconStopped(run) => (run, RunEnd::Stopped),
        Event::VconFailed(run) | Event::VconParked(run) => (run, RunEnd::Failed),
        _ => return None,
    };
    Some(EndedRun { run: run.clone(), end })
}

/// Waits until the runs of all accepted vCons on `list` have ended. Returns the runs by vCon id.
/// After `max_time` it returns early, without the runs that are still active.
pub(super) async fn until_ended(
    mut events: Receiver<Arc<Told>>,
    posted: &[Posted],
    list: &ListName,
    bar: &ProgressBar,
    max_time: Duration,
) -> HashMap<String, EndedRun> {
    bar.set_message("running the chain");
    let ids: HashSet<&str> = posted.iter().filter_map(|posted| posted.id.as_deref().ok()).collect();
    bar.inc((posted.len() - ids.len()) as u64);
    let mut runs = HashMap::new();
    let all_ended = async {
        while runs.len() < ids.len() {
            let event = match events.recv().await {
                Ok(published) => ended(&published.event),
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            };
            let Some(ended) = event else { continue };
            let is_ours = ended.run.list == *list && ids.contains(ended.run.vcon.as_str());
            if is_ours && runs.insert(ended.run.vcon.to_string(), ended).is_none() {
                bar.inc(1);
            }
        }
    };
    let _ = tokio::time::timeout(max_time, all_ended).await;
    runs
}
