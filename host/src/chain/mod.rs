//! Runs a claimed vCon through the links of its chain.
//!
//! Guarantee: a run ends in exactly one store step: finished, stopped, failed, parked or handed back. What a link did becomes visible
//! only with a write that is guarded by the claim, so a worker that lost its lease changes nothing. Edits are kept as
//! edits: when the document was changed meanwhile they are applied again to the newer one.

mod call;
mod commit;
mod end;
mod state;
mod storages;
mod trail;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{Chain, ChainLink};
use crate::documents::Documents;
use crate::events::{Event, Events};
use crate::names::{ChainName, HostId, VconId};
use crate::registry::Registry;
use crate::sandbox::call::{Environment, GuestMetrics};
use crate::sandbox::{Outcome, Sandbox, Secrets};
use crate::snapshot::Snapshot;
use crate::storage::runner::SavePolicy;
use crate::store::{Claim, Store, Stored};
use crate::telemetry::{metrics, stats::LinkStats};
use crate::vcon::EgressFormat;

pub use end::{Ended, Fault};
use state::Run;

/// What all runs share.
pub struct ChainRunner {
    /// Where links run.
    pub sandbox: Arc<Sandbox>,
    /// Where claims and documents are.
    pub store: Arc<dyn Store>,
    /// Reads through to the storages; other vCons for links.
    pub documents: Arc<Documents>,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Time and chance.
    pub environment: Arc<dyn Environment>,
    /// Where guest metrics go.
    pub guest_metrics: Arc<dyn GuestMetrics>,
    /// Figures for each link.
    pub stats: LinkStats,
    /// The deployment's egress format.
    pub egress: EgressFormat,
    /// How storages are called.
    pub save_policy: SavePolicy,
    /// Who wants to know.
    pub events: Events,
    /// The way to versions of links that are not active.
    pub registry: Arc<Registry>,
    /// This host, in trails.
    pub host: HostId,
    /// Whether what runs do is noted in the trails of their vCons.
    pub trails: bool,
}

/// What one run works on.
pub struct Job {
    /// The claim.
    pub claim: Claim,
    /// The chain's name.
    pub chain: ChainName,
    /// What was in force when the run began; it stays so to its end.
    pub snapshot: Arc<Snapshot>,
    /// The document as it was read together with the claim; absent when it was not in the store.
    pub stored: Option<Stored>,
}

impl ChainRunner {
    /// Runs a job to its end. An error is one of the store: the claim stays, and its lease runs out or is handed back.
    ///
    /// # Errors
    /// When the store is away for longer than its own retries, or refuses.
    pub async fn run(&self, job: Job) -> Result<Ended, crate::store::StoreError> {
        let Job {
            claim,
            chain,
            snapshot,
            stored,
        } = job;
        let Some(config) = snapshot.config.chains.get(&chain) else {
            // The list was taken out of the configuration between the claim and now.
            self.store.hand_back(&claim).await?;
            return Ok(Ended::HandedBack);
        };
        metrics::in_flight(&chain, 1.0);
        let _guard = InFlight(&chain);
        let began = Instant::now();
        let mut run = Run::begin(claim, chain.clone(), self.environment.now_ms(), self.trails);
        self.events.tell(|| Event::VconClaimed(run.event()));
        let ended = match self.to_its_end(&mut run, config, &snapshot, stored).await {
            Ok(ended) => ended,
            Err(Fault::Store(error)) => return Err(error),
            Err(Fault::Run(reason)) => self.fail(&mut run, reason).await?,
        };
        if ended.well() {
            metrics::processed(&chain, began.elapsed());
        }
        self.tell(&run, ended);
        Ok(ended)
    }

    async fn to_its_end(
        &self,
        run: &mut Run,
        chain: &Chain,
        snapshot: &Snapshot,
        stored: Option<Stored>,
    ) -> Result<Ended, Fault> {
        match self.links(run, chain, snapshot, stored).await? {
            Flow::Go => self.complete(run, chain, snapshot).await,
            Flow::Stop => self.stop(run).await,
            Flow::Park(list) => self.park(run, chain, &list).await,
            Flow::Over(ended) => Ok(ended),
        }
    }

    async fn links(
        &self,
        run: &mut Run,
        chain: &Chain,
        snapshot: &Snapshot,
        stored: Option<Stored>,
    ) -> Result<Flow, Fault> {
        self.load(run, stored).await?;
        let deadline = chain.timeout.map(|timeout| self.deadline(run, timeout));
        while let Some(place) = chain.links.get(run.next_link as usize) {
            let flow = self.link(run, chain, place, snapshot, deadline).await?;
            if !matches!(flow, Flow::Go) {
                return Ok(flow);
            }
        }
        Ok(Flow::Go)
    }

    async fn link(
        &self,
        run: &mut Run,
        chain: &Chain,
        place: &ChainLink,
        snapshot: &Snapshot,
        deadline: Option<Instant>,
    ) -> Result<Flow, Fault> {
        let done = match self.call(run, chain, place, snapshot, deadline).await? {
            call::Called::Done(done) => done,
            call::Called::PassedOver => {
                run.next_link += 1;
                return Ok(Flow::Go);
            }
            call::Called::Stopped => return Ok(Flow::Stop),
        };
        run.next_link += 1;
        match done.outcome {
            Outcome::Stop(reason) => {
                tracing::debug!(vcon = %run.current, chain = %run.chain, link = %place.name, %reason, "the link ended the run");
                Ok(Flow::Stop)
            }
            Outcome::HandOff(list) => Ok(Flow::Park(list)),
            Outcome::Switch(id) => self.switch(run, id).await,
            Outcome::Next if done.reached_outside => self.checkpoint(run).await,
            Outcome::Next => Ok(Flow::Go),
        }
    }

    /// Goes on with another vCon: what was done to this one is written first.
    async fn switch(&self, run: &mut Run, id: VconId) -> Result<Flow, Fault> {
        let previous = run.switched.replace(id.clone());
        let flow = self.checkpoint(run).await?;
        if !matches!(flow, Flow::Go) {
            run.switched = previous;
            return Ok(flow);
        }
        run.current = id;
        let stored = self.store.get_one(&run.current).await?;
        self.load(run, stored).await?;
        Ok(Flow::Go)
    }

    fn deadline(&self, run: &Run, timeout: Duration) -> Instant {
        let spent = Duration::from_millis(self.environment.now_ms().saturating_sub(run.began_ms));
        Instant::now() + timeout.saturating_sub(spent)
    }
}

/// Where a run goes after a step.
enum Flow {
    /// On.
    Go,
    /// To its quiet end.
    Stop,
    /// To wait for someone else.
    Park(crate::names::ListName),
    /// Nowhere: it has ended already.
    Over(Ended),
}

struct InFlight<'a>(&'a ChainName);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        metrics::in_flight(self.0, -1.0);
    }
}
