//! Runs one call: an instance within every limit, and a check of its result.
//!
//! Guarantee: whatever the code does, the call ends by its limits, and after a failure the document
//! is as it was before the call. The instance is fresh and is dropped afterwards, unless the call
//! allows a kept one (`warm.rs`).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wasmtime::Store;

use crate::bindings::wit::outcomes::Description as WitDescription;
use crate::call::{Call, CallReport};
use crate::call_error::{CallError, Failure, FailureKind};
use crate::context::CallContext;
use crate::engine::Sandbox;
use crate::engine_error::{self, host_error};
use crate::guest_answer::{self, GuestAnswer};
use crate::linked::{Linked, RunFunction, World};
use crate::long::MAYBE_LONG;
use crate::meter::{Stopped, bounded};
use crate::outcome::{CallEffects, Outcome};
use crate::state::{self, CallState};
use crate::usage::Usage;
use crate::warm::{WarmInstance, WarmKey};
use vcon_document::Document;
use vconduit_base::names::Digest;

/// Runs a call and returns its report.
pub(crate) async fn run(sandbox: &Arc<Sandbox>, call: Call) -> CallReport {
    let begun = Instant::now();
    let original = call.document.clone();
    let component = Arc::clone(&call.component);
    let low_priority = component.low_priority.load(Ordering::Relaxed);
    let attempt = attempt(Arc::clone(sandbox), call);
    let mut report = match sandbox.long_calls.run(attempt, low_priority).await {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => not_run(error),
        Err(aborted) => not_run(host_error(aborted)),
    };
    if report.result.is_err() {
        report.document = original;
        report.edits.clear();
        report.effects = CallEffects::default();
    }
    report.usage.wall = begun.elapsed();
    let was_long = report.usage.cpu >= MAYBE_LONG;
    component
        .low_priority
        .store(was_long || report.result.is_err(), Ordering::Relaxed);
    report
}

/// Asks a component for its description, within the limits of `context`.
pub(crate) async fn describe(
    sandbox: &Sandbox,
    linked: &Linked,
    context: CallContext,
    version: &Digest,
) -> Result<WitDescription, CallError> {
    let limits = context.limits;
    let _slot = sandbox.acquire_slot(limits.wall, None).await?;
    let (end, late) = end_of(limits.wall, None);
    let state = CallState::new(context, version, None, end, Arc::clone(&sandbox.clients));
    let mut store = state::store(&sandbox.engine, state).map_err(host_error)?;
    within_limits(sandbox, &mut store, end, &late, async |store| {
        linked.describe(store).await
    })
    .await
}

async fn attempt(sandbox: Arc<Sandbox>, call: Call) -> Result<CallReport, CallError> {
    check_document(&call)?;
    let limits = call.context.limits;
    let _slot = sandbox.acquire_slot(limits.wall, call.deadline).await?;
    let (end, late) = end_of(limits.wall, call.deadline);
    let key = warm_key(&call);
    let kept = key.as_ref().and_then(|key| sandbox.warm.take(key));
    let version = &call.component.digest;
    let clients = Arc::clone(&sandbox.clients);
    let state = CallState::new(call.context, version, call.document, end, clients);
    let (mut store, function, calls) = match kept {
        Some(mut warm) => {
            state::renew(&mut warm.store, state);
            (warm.store, Some(warm.run), warm.calls)
        }
        None => (state::store(&sandbox.engine, state).map_err(host_error)?, None, 0),
    };
    let linked = &call.component.linked;
    let ended = within_limits(&sandbox, &mut store, end, &late, async |store| {
        invoke(linked, store, function, &call.options).await
    })
    .await;
    let (result, function) = match ended {
        Ok((answer, function)) => (guest_answer::outcome(store.data_mut(), answer), function),
        Err(error) => (Err(error), None),
    };
    let report = report(store.data_mut(), result);
    if let (Some(key), Some(run)) = (key, function)
        && store.data().can_be_kept()
    {
        let calls = calls + 1;
        sandbox.warm.put(key, WarmInstance { store, run, calls });
    }
    Ok(report)
}

fn check_document(call: &Call) -> Result<(), CallError> {
    let limit = call.context.limits.document_bytes;
    match &call.document {
        Some(document) if document.size_bytes() > limit => Err(guest_answer::too_large(document.size_bytes(), limit)),
        None if call.component.world == World::Transform => Err(CallError::Failed(Failure {
            kind: FailureKind::Vcon,
            message: "the vCon does not exist (it expired or was deleted)".to_owned(),
            retryable: false,
            retry_after_ms: None,
        })),
        _ => Ok(()),
    }
}

fn warm_key(call: &Call) -> Option<WarmKey> {
    let may_be_kept = call.warm && call.component.world == World::Link;
    may_be_kept.then(|| WarmKey {
        link: call.context.link.clone(),
        version: call.component.digest.clone(),
        options: call.options.clone(),
    })
}

/// Returns the time by which a call has to end, and the error of a call that does not.
fn end_of(wall: Duration, deadline: Option<Instant>) -> (Instant, CallError) {
    let own = Instant::now() + wall;
    match deadline {
        Some(deadline) if deadline <= own => (deadline, CallError::ChainDeadline),
        _ => (
            own,
            CallError::Limit(format!(
                "the link ran longer than {} ms, the limit wall_ms; raise it if the link waits for something slow",
                wall.as_millis()
            )),
        ),
    }
}

/// Runs code in a store until it ends or reaches a limit.
async fn within_limits<T>(
    sandbox: &Sandbox,
    store: &mut Store<CallState>,
    end: Instant,
    late: &CallError,
    code: impl AsyncFnOnce(&mut Store<CallState>) -> wasmtime::Result<T>,
) -> Result<T, CallError> {
    let meter = Arc::clone(&store.data().meter);
    let running = sandbox.ticker.run();
    let ended = bounded(&meter, end, code(store)).await;
    drop(running);
    match ended {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(engine_error::of_guest(store.data(), &error)),
        Err(Stopped::Cpu) => Err(CallError::Limit(
            state::cpu_limit(&store.data().context.limits).to_string(),
        )),
        Err(Stopped::Late) => Err(late.clone()),
    }
}

/// Calls the link's function, of a new instance if none was kept. Returns the function too if it
/// can be called again.
async fn invoke(
    linked: &Linked,
    store: &mut Store<CallState>,
    kept: Option<RunFunction>,
    options: &Arc<str>,
) -> wasmtime::Result<(GuestAnswer, Option<RunFunction>)> {
    match linked.world() {
        World::Link => {
            let run = match kept {
                Some(run) => run,
                None => linked.run(store).await?,
            };
            store.data_mut().memory.started();
            let (answer,) = run.call_async(store, (options.clone(),)).await?;
            Ok((GuestAnswer::Run(answer), Some(run)))
        }
        World::Transform => {
            let text = store.data().document.as_ref().map(Document::text).unwrap_or_default();
            let transform = linked.transform(store).await?;
            let (answer,) = transform.call_async(store, (&*text, options)).await?;
            Ok((GuestAnswer::Transform(answer), None))
        }
    }
}

fn report(state: &mut CallState, result: Result<Outcome, CallError>) -> CallReport {
    state.log.flush();
    let mut usage = Usage {
        cpu: state.meter.used(),
        peak_memory_bytes: state.memory.peak(),
        log_bytes: state.log.written(),
        ..Usage::default()
    };
    let mut requests = Vec::new();
    if let Some(outbound) = &state.outbound {
        usage.requests = outbound.requests();
        usage.response_bytes = outbound.response_bytes();
        usage.largest_response_bytes = outbound.largest_response_bytes();
        requests = outbound.records();
    }
    CallReport {
        result,
        document: state.document.take(),
        edits: std::mem::take(&mut state.edits),
        effects: std::mem::take(&mut state.effects),
        reached_outside: state.changed_outside || usage.requests > 0,
        usage,
        log: state.log.take(),
        outbound: requests,
    }
}

/// Returns the report of a call that ended before it had an instance.
fn not_run(error: CallError) -> CallReport {
    CallReport {
        result: Err(error),
        document: None,
        edits: Vec::new(),
        effects: CallEffects::default(),
        reached_outside: false,
        usage: Usage::default(),
        log: Vec::new(),
        outbound: Vec::new(),
    }
}
