//! Takes a run through the links of its chain, from its place to the end.

use std::time::Instant;

use super::call::Called;
use super::retry::persistently;
use super::state::Run;
use super::{ChainRunner, Flow, RunError};
use crate::snapshot::Snapshot;
use vcon_document::VconId;
use vconduit_config::{Chain, ChainLink};
use vconduit_sandbox::Outcome;
use vconduit_store::Stored;

impl ChainRunner {
    /// Calls link after link until one ends the run, or none is left.
    pub(super) async fn links(
        &self,
        run: &mut Run,
        chain: &Chain,
        snapshot: &Snapshot,
        stored: Option<Stored>,
    ) -> Result<Flow, RunError> {
        run.find_place(chain)?;
        let loaded = self.load(run, stored).await?;
        if !matches!(loaded, Flow::Next) {
            return Ok(loaded);
        }
        let deadline = run.deadline(chain.timeout);
        while let Some(place) = chain.links.get(run.next_link as usize) {
            let flow = self.link(run, chain, place, snapshot, deadline).await?;
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    async fn link(
        &self,
        run: &mut Run,
        chain: &Chain,
        place: &ChainLink,
        snapshot: &Snapshot,
        deadline: Option<Instant>,
    ) -> Result<Flow, RunError> {
        let called = self.call(run, chain, place, snapshot, deadline).await?;
        if matches!(called, Called::Stopped) {
            return Ok(Flow::Stop);
        }
        run.pass(&place.name);
        let Called::Done(done) = called else {
            return Ok(Flow::Next);
        };
        match done.outcome {
            Outcome::Stop(reason) => {
                tracing::debug!(vcon = %run.current, chain = %run.chain, link = %place.name, %reason, "the link ended the run");
                Ok(Flow::Stop)
            }
            Outcome::HandOff(list) => Ok(Flow::Park(list)),
            Outcome::Switch(id) => self.switch(run, chain, id).await,
            Outcome::Next if done.reached_outside => self.checkpoint(run, chain).await,
            Outcome::Next => Ok(Flow::Next),
        }
    }

    /// Continues with another vCon. Pending edits of this one are written first.
    async fn switch(&self, run: &mut Run, chain: &Chain, id: VconId) -> Result<Flow, RunError> {
        let previous = run.switched.replace(id.clone());
        let flow = self.checkpoint(run, chain).await?;
        if !matches!(flow, Flow::Next) {
            run.switched = previous;
            return Ok(flow);
        }
        run.current = id;
        let stored = persistently!(self.store.get_one(&run.current));
        self.load(run, stored).await
    }
}
