//! The ends of runs: their kinds, the error record of a failed run, the event, and the entry of the
//! trail.

use super::ChainRunner;
use super::resume::{self, NoPlace};
use super::retry::persistently;
use super::state::{Failing, Run};
use super::trail::{Heading, Stage};
use crate::events::Event;
use vconduit_base::names::{Digest, LinkName};
use vconduit_store::{ErrorRecord, Guarded, StoreError};
use vconduit_telemetry::metrics;

/// The longest message of an error record, in characters. Enough for the head of a backtrace;
/// bounded because a link may write it.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Through all links, storages and egress.
    Finished,
    /// A link ended it without a failure; nothing is saved or sent on.
    Stopped,
    /// The run waits until its vCon returns from a hand-off.
    Parked,
    /// The entry is in the dead letters.
    Failed,
    /// The lease was lost: another worker has the entry.
    Lost,
    /// The entry is back on its list.
    HandedBack,
}

impl Ended {
    /// True for ends that count as processed.
    #[must_use]
    pub fn well(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped)
    }
}

/// Reason why a run can't continue.
pub enum RunError {
    /// The store failed. The claim stays, so the run is taken up again later.
    Store(StoreError),
    /// The run itself failed.
    Failed(Reason),
    /// The edits were made on a document that others have changed so that they mean something else
    /// now. The links since the last checkpoint have to run again.
    Outdated,
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoPlace> for RunError {
    fn from(error: NoPlace) -> Self {
        Self::Failed(Reason {
            link: error.link(),
            ..Reason::plain(resume::CLASS, error.to_string())
        })
    }
}

/// The content of an error record.
#[derive(Debug)]
pub struct Reason {
    /// The link at fault, if one is.
    pub link: Option<LinkName>,
    /// The digest of its component.
    pub version: Option<Digest>,
    /// The class of the fault, for programs.
    pub class: &'static str,
    /// The fault and the next step, for people.
    pub message: String,
    /// Attempts made.
    pub attempts: u32,
}

impl Reason {
    /// A reason that no link is at fault for.
    pub(super) fn plain(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            link: None,
            version: None,
            class,
            message: message.into(),
            attempts: 1,
        }
    }
}

impl ChainRunner {
    /// Moves the entry to the dead letters. Edits and effects since the last checkpoint are not
    /// written, so a reprocessed vCon does not get them twice.
    pub(super) async fn fail(&self, run: &mut Run, reason: Reason) -> Result<Ended, StoreError> {
        run.failing = Some(Failing {
            link: reason.link.clone(),
            version: reason.version.clone(),
            class: reason.class,
        });
        let stage = Stage {
            class: Some(reason.class),
            ..Stage::of("failed")
        };
        let trail = self.trail(run, &stage);
        let record = self.record(run, reason);
        tracing::warn!(
            vcon = %run.current, chain = %run.chain, link = record.link.as_ref().map(LinkName::as_str), class = record.class,
            attempts = record.attempts, error = record.message, "the run failed; the vCon is in {}", run.claim.list.dead_letters()
        );
        let step = || run.hold.during(self.store.fail(&run.claim, &record, trail.as_deref()));
        Ok(match persistently!(step()) {
            Guarded::Done(_) => {
                metrics::dead_letter(&run.claim.list.dead_letters());
                Ended::Failed
            }
            Guarded::LostClaim | Guarded::Conflict | Guarded::Gone => Ended::Lost,
        })
    }

    /// Publishes how a run ended. A run that was lost or handed back has not ended.
    pub(super) fn publish(&self, run: &Run, ended: Ended) {
        let kind = match ended {
            Ended::Finished => return self.events.publish(|| Event::VconFinished(run.event())),
            Ended::Stopped => Event::VconStopped,
            Ended::Parked => Event::VconParked,
            Ended::Failed => Event::VconFailed,
            Ended::Lost | Ended::HandedBack => return,
        };
        self.events.publish(|| kind(run.end_event()));
    }

    /// The next entry of this run's trail; nothing where trails are switched off.
    pub(super) fn trail(&self, run: &Run, stage: &Stage<'_>) -> Option<String> {
        if !self.trails {
            return None;
        }
        let heading = Heading {
            at_ms: self.environment.now_ms(),
            host: &self.host,
            chain: &run.chain,
            list: &run.claim.list,
            current: run.switched.as_ref(),
        };
        run.trail.entry(&heading, stage)
    }

    /// The error record of this run.
    pub(super) fn record(&self, run: &Run, reason: Reason) -> ErrorRecord {
        ErrorRecord {
            chain: Some(run.chain.clone()),
            link: reason.link,
            version: reason.version.map(String::from),
            class: reason.class.to_owned(),
            message: reason.message.chars().take(MAX_MESSAGE_CHARS).collect(),
            attempts: reason.attempts,
            current: run.switched.clone(),
            at_ms: self.environment.now_ms(),
        }
    }
}
