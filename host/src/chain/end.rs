//! How runs end: well, or with an error record in the dead letters.

use super::ChainRunner;
use super::state::Run;
use super::trail::Stage;
use crate::events::{Event, RunEvent};
use crate::names::{Digest, LinkName};
use crate::store::{ErrorRecord, Guarded, StoreError};
use crate::telemetry::metrics;

/// The longest message of an error record. Enough for a backtrace's head; bounded because a link may write it.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Through all links, storages and egress.
    Finished,
    /// Quietly, by a link.
    Stopped,
    /// Waiting for someone else.
    Parked,
    /// In the dead letters.
    Failed,
    /// The lease was lost: another worker has the entry.
    Lost,
    /// Back on its list.
    HandedBack,
}

impl Ended {
    /// Whether this counts as processed.
    #[must_use]
    pub fn well(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped)
    }
}

/// Why a run can't go on.
pub enum Fault {
    /// The store failed: nothing can be said about the run; the claim decides.
    Store(StoreError),
    /// The run itself failed.
    Run(Reason),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What goes into the error record.
#[derive(Debug)]
pub struct Reason {
    /// The link, if one was at work.
    pub link: Option<LinkName>,
    /// The digest of its component.
    pub version: Option<Digest>,
    /// For programs.
    pub class: &'static str,
    /// For people.
    pub message: String,
    /// Tries made.
    pub attempts: u32,
}

impl Reason {
    /// One that no link is to blame for.
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
    /// Moves the entry to the dead letters. What links did since the last checkpoint is not written, so a reprocessed vCon
    /// does not get it twice.
    pub(super) async fn fail(&self, run: &mut Run, reason: Reason) -> Result<Ended, StoreError> {
        run.failed_by = Some((reason.link.clone(), reason.version.clone(), reason.class));
        let stage = Stage {
            class: Some(reason.class),
            ..Stage::of("failed")
        };
        let trail = self.trail(run, stage);
        let record = self.record(run, reason);
        tracing::warn!(
            vcon = %run.current, chain = %run.chain, link = record.link.as_ref().map(LinkName::as_str), class = record.class,
            attempts = record.attempts, error = record.message, "the run failed; the vCon is in {}", run.claim.list.dead_letters()
        );
        Ok(match self.store.fail(&run.claim, &record, trail.as_deref()).await? {
            Guarded::Done(_) => {
                metrics::dead_letter(&run.claim.list.dead_letters());
                Ended::Failed
            }
            Guarded::LostClaim | Guarded::Conflict | Guarded::Gone => Ended::Lost,
        })
    }

    /// Tells how a run ended. One that was lost or given back has not.
    pub(super) fn tell(&self, run: &Run, ended: Ended) {
        let kind = match ended {
            Ended::Finished => return self.events.tell(|| Event::VconFinished(run.event())),
            Ended::Stopped => Event::VconStopped,
            Ended::Parked => Event::VconParked,
            Ended::Failed => Event::VconFailed,
            Ended::Lost | Ended::HandedBack => return,
        };
        self.events.tell(|| {
            let (link, version, class) = match (&run.failed_by, &run.last) {
                (Some((link, version, class)), _) => (link.clone(), version.clone(), Some((*class).to_owned())),
                (None, Some((link, version))) => (Some(link.clone()), Some(version.clone()), None),
                (None, None) => (None, None, None),
            };
            kind(RunEvent {
                link,
                version,
                class,
                ..run.event()
            })
        });
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
