//! The writes of a run, each guarded by its claim and by the state of the document.

use super::end::{Ended, Reason};
use super::retry::persistently;
use super::state::Run;
use super::trail::Stage;
use super::{ChainRunner, Flow, RunError};
use vcon_document::{Document, canonical, fit};
use vconduit_base::names::ListName;
use vconduit_config::Chain;
use vconduit_store::{Guarded, NeededDocument, Stored, Write};
use vconduit_telemetry::metrics;

/// Attempts to write a document that others keep changing. One that changes faster than this is
/// contended for.
const MAX_CONFLICTS: u32 = 20;

impl ChainRunner {
    /// Reads the current vCon into the run, from the store or else from the storages. Returns
    /// `Flow::Stop` for a vCon that was deleted.
    pub(super) async fn load(&self, run: &mut Run, stored: Option<Stored>) -> Result<Flow, RunError> {
        let stored = match stored {
            Some(stored) => Some(stored),
            None if persistently!(self.store.was_deleted(&run.current)) => {
                // An earlier run may have saved it after it was deleted, and then have crashed.
                self.documents.delete_from_storages(&run.current).await;
                return Ok(Flow::Stop);
            }
            None => persistently!(self.documents.fetch(&run.current)),
        };
        match stored {
            Some(stored) => set_document(run, stored).map(|()| Flow::Next),
            None => Err(missing(run)),
        }
    }

    /// Reads the current vCon into the run once more, for a step that needs its latest state.
    pub(super) async fn load_again(&self, run: &mut Run) -> Result<Flow, RunError> {
        match persistently!(self.store.get_one(&run.current)) {
            Some(stored) => set_document(run, stored).map(|()| Flow::Next),
            None => self.gone(run).await,
        }
    }

    /// Writes pending edits and effects together with the place of the run in its chain.
    pub(super) async fn checkpoint(&self, run: &mut Run, chain: &Chain) -> Result<Flow, RunError> {
        let mut tries = 0;
        run.effects.trail = self.trail(run, &Stage::of("checkpoint"));
        loop {
            let write = pending(run);
            let checkpoint = run.checkpoint(chain);
            let step = || {
                let step = self
                    .store
                    .checkpoint(&run.claim, &checkpoint, write.clone(), &run.effects);
                run.hold.during(step)
            };
            match persistently!(step()) {
                Guarded::Done(revision) => {
                    written(run, revision, write);
                    run.claim.checkpoint = checkpoint;
                    return Ok(Flow::Next);
                }
                Guarded::LostClaim => return Ok(Flow::Over(Ended::Lost)),
                Guarded::Conflict => self.rebase(run, &mut tries).await?,
                Guarded::Gone => return self.gone(run).await,
            }
        }
    }

    /// Ends the run without saving or sending it on. Pending edits and effects are written.
    pub(super) async fn stop(&self, run: &mut Run) -> Result<Ended, RunError> {
        self.finish(run, &[], Ended::Stopped).await
    }

    /// Ends the run: writes pending edits and effects and sends the id on, in one step.
    pub(super) async fn finish(&self, run: &mut Run, egress: &[ListName], well: Ended) -> Result<Ended, RunError> {
        let (mut egress, mut well, mut tries) = (egress, well, 0);
        loop {
            let write = pending(run);
            run.effects.needs = needed(run, write.as_ref()).filter(|_| !egress.is_empty());
            let stage = Stage {
                lists: egress,
                ..Stage::of(if well == Ended::Finished { "finished" } else { "stopped" })
            };
            run.effects.trail = self.trail(run, &stage);
            let step = || {
                let step = self
                    .store
                    .finish(&run.claim, &run.current, write.clone(), &run.effects, egress);
                run.hold.during(step)
            };
            match persistently!(step()) {
                Guarded::Done(_) => return Ok(well),
                Guarded::LostClaim => return Ok(Ended::Lost),
                Guarded::Gone => {
                    self.gone(run).await?;
                    (egress, well) = (&[], Ended::Stopped);
                }
                Guarded::Conflict => self.rebase(run, &mut tries).await?,
            }
        }
    }

    /// Ends a run whose document was saved as it is in the run. Returns nothing when the document
    /// in the store has changed since: it has to be saved again.
    pub(super) async fn finish_saved(&self, run: &mut Run, egress: &[ListName]) -> Result<Option<Ended>, RunError> {
        let Some(revision) = run.revision.clone() else {
            return self.finish(run, egress, Ended::Finished).await.map(Some);
        };
        run.effects.needs = Some(NeededDocument {
            id: run.current.clone(),
            revision: Some(revision),
        });
        let stage = Stage {
            lists: egress,
            ..Stage::of("finished")
        };
        run.effects.trail = self.trail(run, &stage);
        let step = || {
            let step = self.store.finish(&run.claim, &run.current, None, &run.effects, egress);
            run.hold.during(step)
        };
        match persistently!(step()) {
            Guarded::Done(_) => Ok(Some(Ended::Finished)),
            Guarded::LostClaim => Ok(Some(Ended::Lost)),
            Guarded::Gone | Guarded::Conflict => {
                metrics::conflict(&run.chain);
                run.effects.needs = None;
                Ok(None)
            }
        }
    }

    /// Parks the run: someone else works on the vCon, then the run continues with the next link.
    pub(super) async fn park(&self, run: &mut Run, chain: &Chain, list: &ListName) -> Result<Ended, RunError> {
        let mut tries = 0;
        let stage = Stage {
            lists: std::slice::from_ref(list),
            ..Stage::of("parked")
        };
        run.effects.trail = self.trail(run, &stage);
        loop {
            let write = pending(run);
            run.effects.needs = needed(run, write.as_ref());
            let at_most = chain.hand_off_timeout;
            let checkpoint = run.checkpoint(chain);
            let step = || {
                let step = self
                    .store
                    .park(&run.claim, &checkpoint, write.clone(), &run.effects, list, at_most);
                run.hold.during(step)
            };
            match persistently!(step()) {
                Guarded::Done(_) => return Ok(Ended::Parked),
                Guarded::LostClaim => return Ok(Ended::Lost),
                Guarded::Gone => {
                    self.gone(run).await?;
                    return self.stop(run).await;
                }
                Guarded::Conflict => self.rebase(run, &mut tries).await?,
            }
        }
    }

    /// Prepares the end of a run whose vCon is not in the store any more. After a deletion its
    /// edits are dropped, because a deletion has to hold: the run stops. Otherwise the run has
    /// failed.
    async fn gone(&self, run: &mut Run) -> Result<Flow, RunError> {
        if !persistently!(self.store.was_deleted(&run.current)) {
            return Err(missing(run));
        }
        tracing::info!(vcon = %run.current, chain = %run.chain, "the vCon was deleted during the run, which stops");
        run.edits.clear();
        run.effects.needs = None;
        run.document = None;
        run.revision = None;
        Ok(Flow::Stop)
    }

    /// Applies the pending edits to the newer document in the store.
    async fn rebase(&self, run: &mut Run, tries: &mut u32) -> Result<(), RunError> {
        metrics::conflict(&run.chain);
        *tries += 1;
        if *tries > MAX_CONFLICTS {
            let message =
                format!("the document was changed by others {MAX_CONFLICTS} times while it was being written");
            return Err(RunError::Failed(Reason::plain("conflict", message)));
        }
        let Some(stored) = persistently!(self.store.get_one(&run.current)) else {
            // The step that follows finds the same.
            return Ok(());
        };
        let mut document = parse(run, &stored)?;
        canonical::upgrade(&mut document);
        let base = run.base.clone().and_then(|base| Document::parse(base).ok());
        if !base.is_some_and(|base| fit::fits(&run.edits, &base, &document)) {
            return Err(RunError::Outdated);
        }
        for edit in &run.edits {
            if document.apply(edit).is_err() {
                return Err(RunError::Outdated);
            }
        }
        canonical::enforce(&mut document);
        run.document = Some(document);
        run.revision = Some(stored.revision);
        Ok(())
    }
}

fn set_document(run: &mut Run, stored: Stored) -> Result<(), RunError> {
    let mut document = parse(run, &stored)?;
    canonical::upgrade(&mut document);
    run.base = Some(document.text());
    run.document = Some(document);
    run.revision = Some(stored.revision);
    Ok(())
}

fn parse(run: &Run, stored: &Stored) -> Result<Document, RunError> {
    Document::parse(stored.text.clone()).map_err(|error| {
        let message = format!(
            "the stored text of {} is damaged: {error}; post the vCon again",
            run.current
        );
        RunError::Failed(Reason::plain("vcon", message))
    })
}

/// The write of the pending edits, if there are any.
fn pending(run: &Run) -> Option<Write> {
    if run.edits.is_empty() {
        return None;
    }
    let (document, revision) = (run.document.as_ref()?, run.revision.clone()?);
    Some(Write {
        id: run.current.clone(),
        text: document.text(),
        expected: revision,
    })
}

fn written(run: &mut Run, revision: Option<vconduit_store::Revision>, write: Option<Write>) {
    if let Some(write) = write {
        run.base = Some(write.text);
    }
    if revision.is_some() {
        run.revision = revision;
    }
    run.edits.clear();
    run.effects = vconduit_store::Effects::default();
    run.trail.written();
}

/// The failure of a run whose vCon is not there.
fn missing(run: &Run) -> RunError {
    let message = format!(
        "the vCon {} is not in the working store: it was never posted, another program removed it, or it had expired \
         before its id was queued; post the vCon again",
        run.current
    );
    RunError::Failed(Reason::plain("missing", message))
}

/// The condition that the current vCon is in the store. A write has it anyway.
fn needed(run: &Run, write: Option<&Write>) -> Option<NeededDocument> {
    let needed = NeededDocument {
        id: run.current.clone(),
        revision: None,
    };
    write.is_none().then_some(needed)
}
