//! Runs a claimed vCon through the links of its chain.
//!
//! Guarantee: a run ends in exactly one store step: finished, stopped, failed, parked or handed
//! back. The edits and effects of a link become visible only with a write that is guarded by the
//! claim, so a worker that lost its lease changes nothing. Edits are kept as edits: when others
//! changed the document meanwhile, they are applied again to the newer one. No link runs twice and
//! none is skipped when the chain is edited under a run that is parked or has crashed
//! (`resume.rs`).
//!
//! The parts of a run, each with its methods of [`ChainRunner`]:
//!
//! | file | part | methods |
//! |---|---|---|
//! | `mod.rs` | the whole run | `run` |
//! | `links.rs` | link after link | `links` |
//! | `call.rs` | one link, with retries | `call` |
//! | `storages.rs` | storages and egress, after the links | `complete` |
//! | `commit.rs` | reads and guarded writes | `load`, `checkpoint`, `stop`, `finish`, `park` |
//! | `end.rs` | dead letters, events, trail | `fail`, `publish`, `trail`, `record` |
//!
//! Data without methods of the runner: `state.rs` (the run), `hold.rs` (its hold on the claim),
//! `resume.rs` (its place in the chain), `trail.rs` (its notes).

mod call;
mod commit;
mod end;
pub(crate) mod hold;
mod links;
mod resume;
mod retry;
mod state;
mod storages;
mod trail;

use std::sync::Arc;
use std::time::Instant;

use crate::documents::Documents;
use crate::events::{Event, Events};
use crate::figures::stats::LinkStats;
use crate::registry::Registry;
use crate::snapshot::Snapshot;
use vcon_document::EgressFormat;
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, HostId, ListName};
use vconduit_config::Chain;
use vconduit_sandbox::Sandbox;
use vconduit_sandbox::call::{Environment, GuestMetrics};
use vconduit_storage::runner::SavePolicy;
use vconduit_store::{Claim, Store, StoreError, Stored};
use vconduit_telemetry::metrics;

use end::Reason;
pub use end::{Ended, RunError};
use hold::ClaimHold;
use state::Run;

/// Times that the links of a run may run again because others changed what they have edited.
const MAX_OUTDATED: u32 = 5;

/// The services that all runs share.
pub struct ChainRunner {
    /// Runs the components of links.
    pub sandbox: Arc<Sandbox>,
    /// Holds claims and documents.
    pub store: Arc<dyn Store>,
    /// Reads documents from store and storages, and other vCons for links.
    pub documents: Arc<Documents>,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Clock and random numbers.
    pub environment: Arc<dyn Environment>,
    /// Records the metrics that links count themselves.
    pub guest_metrics: Arc<dyn GuestMetrics>,
    /// Figures for each link.
    pub stats: LinkStats,
    /// The deployment's egress format.
    pub egress: EgressFormat,
    /// Attempts, waits and parallelism of saves.
    pub save_policy: SavePolicy,
    /// Publishes the beginning and the end of runs.
    pub events: Events,
    /// Loads versions of links that are not active.
    pub registry: Arc<Registry>,
    /// This host, in trails.
    pub host: HostId,
    /// True when trails are kept.
    pub trails: bool,
}

/// The input of one run.
pub struct Job {
    /// The claim.
    pub claim: Claim,
    /// The hold on the claim. Whoever keeps the claim notes renewals there, and drops the run when
    /// the hold has ended.
    pub hold: ClaimHold,
    /// The chain's name.
    pub chain: ChainName,
    /// The configuration that was active when the run began. The run uses it to its end.
    pub snapshot: Arc<Snapshot>,
    /// The document, read together with the claim; absent when it was not in the store.
    pub stored: Option<Stored>,
}

impl ChainRunner {
    /// Runs a job to its end.
    ///
    /// A run that the store refuses something to becomes a dead letter, because it would be refused
    /// again.
    ///
    /// # Errors
    /// When the store is unavailable for longer than its own retries, or refuses the dead letter
    /// too. The claim then stays: the caller hands it back, or its lease runs out.
    pub async fn run(&self, job: Job) -> Result<Ended, StoreError> {
        let Job {
            claim,
            hold,
            chain,
            snapshot,
            stored,
        } = job;
        let Some(config) = snapshot.config.chains.get(&chain) else {
            // The chain was removed from the configuration between the claim and now.
            hold.during(self.store.hand_back(&claim)).await?;
            return Ok(Ended::HandedBack);
        };
        metrics::in_flight(&chain, 1.0);
        let _guard = InFlight(&chain);
        let began = Instant::now();
        let mut run = Run::begin(claim, hold, chain.clone(), self.environment.now_ms(), self.trails);
        self.events.publish(|| Event::VconClaimed(run.event()));
        let result = self.until_current(&mut run, config, &snapshot, stored).await;
        let ended = match result {
            Ok(ended) => ended,
            Err(RunError::Store(error @ StoreError::Refused { .. })) => {
                self.fail(&mut run, Reason::plain("store", error.to_string())).await?
            }
            Err(RunError::Store(error)) => return Err(error),
            Err(RunError::Failed(reason)) => self.fail(&mut run, reason).await?,
            Err(RunError::Outdated) => {
                let message = format!(
                    "others changed the document {MAX_OUTDATED} times while links made edits of what they changed"
                );
                self.fail(&mut run, Reason::plain("conflict", message)).await?
            }
        };
        if ended.well() {
            metrics::processed(&chain, began.elapsed());
        }
        self.publish(&run, ended);
        Ok(ended)
    }

    /// Runs to the end, and again from the last checkpoint while edits are outdated.
    async fn until_current(
        &self,
        run: &mut Run,
        chain: &Chain,
        snapshot: &Snapshot,
        stored: Option<Stored>,
    ) -> Result<Ended, RunError> {
        let mut stored = stored;
        for _ in 0..MAX_OUTDATED {
            match self.to_its_end(run, chain, snapshot, stored.take()).await {
                Err(RunError::Outdated) => {
                    tracing::info!(vcon = %run.current, chain = %run.chain, "the document was changed under the edits of the run; its links run again on the newer one");
                    run.begin_again();
                }
                result => return result,
            }
        }
        Err(RunError::Outdated)
    }

    async fn to_its_end(
        &self,
        run: &mut Run,
        chain: &Chain,
        snapshot: &Snapshot,
        stored: Option<Stored>,
    ) -> Result<Ended, RunError> {
        match self.links(run, chain, snapshot, stored).await? {
            Flow::Next => self.complete(run, chain, snapshot).await,
            Flow::Stop => self.stop(run).await,
            Flow::Park(list) => self.park(run, chain, &list).await,
            Flow::Over(ended) => Ok(ended),
        }
    }
}

/// The step that follows a link or a write.
enum Flow {
    /// The next link, or the storages after the last one.
    Next,
    /// The end without storages and egress.
    Stop,
    /// A hand-off to this list.
    Park(ListName),
    /// None: the run has ended.
    Over(Ended),
}

/// Counts a run as in flight until it is dropped, also by a panic.
struct InFlight<'a>(&'a ChainName);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        metrics::in_flight(self.0, -1.0);
    }
}
