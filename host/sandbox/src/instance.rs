//! Runs one call: an instance, within every limit, and its answer checked.
//!
//! Guarantee: whatever the code does, the call ends by its limits, and after a failure the document is as it went in. The
//! instance is fresh and is dropped afterwards, unless the call allows one that is kept (`warm.rs`).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wasmtime::{PoolConcurrencyLimitError, Store, Trap};
use wasmtime_wasi::I32Exit;

use super::bindings::transform::exports::vcon::link::transformer::Transformed;
use super::bindings::wit::outcomes::{Description, Failure as WitFailure, Outcome as WitOutcome};
use super::call::{Call, CallError, CallReport, Failure, FailureKind, Outcome};
use super::engine::Sandbox;
use super::linked::{Linked, RunFunction, WrongType};
use super::long::MAYBE_LONG;
use super::memory::LimitReached;
use super::meter::{Stopped, bounded};
use super::state::{self, CallState, Context};
use super::warm::{Key, Warm};
use super::{Usage, World, answer};
use crate::call::CallEffects;
use vcon_document::Document;

/// The message of a crash.
const MAX_CRASH_BYTES: usize = 1024;

/// What the engine says when a link hands over too much at once. The error has no public type.
const TOO_MUCH_AT_ONCE: &str = "fuel allocated for hostcalls has been exhausted";

/// What came back.
enum Answer {
    Run(Result<WitOutcome, WitFailure>),
    Transform(Result<Transformed, WitFailure>),
}

/// What is run.
struct Run {
    component: Arc<super::Compiled>,
    options: Arc<str>,
    document: Option<Document>,
    deadline: Option<Instant>,
    warm: bool,
    context: Context,
}

/// Runs a call.
pub(super) async fn run(sandbox: &Arc<Sandbox>, call: Call) -> CallReport {
    let begun = Instant::now();
    let run = split(call);
    let original = run.document.clone();
    let component = Arc::clone(&run.component);
    let stands_back = component.stands_back.load(Ordering::Relaxed);
    let attempt = attempt(Arc::clone(sandbox), run);
    let mut report = match sandbox.long_calls.run(attempt, stands_back).await {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => failed(error),
        Err(given_up) => failed(host(given_up)),
    };
    if report.result.is_err() {
        report.document = original;
        report.edits.clear();
        report.effects = CallEffects::default();
    }
    report.usage.wall = begun.elapsed();
    let long = report.usage.cpu >= MAYBE_LONG;
    component
        .stands_back
        .store(long || report.result.is_err(), Ordering::Relaxed);
    report
}

fn split(call: Call) -> Run {
    let context = Context {
        link: call.link,
        version: call.component.digest.clone(),
        chain: call.chain,
        ingress_list: call.ingress_list,
        attempt: call.attempt,
        grants: call.grants,
        limits: call.limits,
        vcon: call.vcon,
        egress: call.egress,
        secrets: call.secrets,
        documents: call.documents,
        environment: call.environment,
        metrics: call.metrics,
        keep_log: call.keep_log,
    };
    Run {
        warm: call.warm && call.component.world == World::Link,
        component: call.component,
        options: call.options,
        document: call.document,
        deadline: call.deadline,
        context,
    }
}

/// A report for a call that did not get as far as an instance.
fn failed(error: CallError) -> CallReport {
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

async fn attempt(sandbox: Arc<Sandbox>, run: Run) -> Result<CallReport, CallError> {
    check_document(&run)?;
    let limits = run.context.limits;
    let _place = sandbox.place(limits.wall, run.deadline).await?;
    let (end, late) = end_of(limits.wall, run.deadline);
    let key = run.warm.then(|| Key {
        link: run.context.link.clone(),
        version: run.component.digest.clone(),
        options: run.options.clone(),
    });
    let kept = key.as_ref().and_then(|key| sandbox.warm.take(key));
    let outbound = Arc::clone(&sandbox.outbound);
    let (mut store, function, calls) = match kept {
        Some(mut warm) => {
            state::renew(&mut warm.store, run.context, run.document, end, outbound);
            (warm.store, Some(warm.run), warm.calls)
        }
        None => {
            let store = state::store(&sandbox.engine, run.context, run.document, end, outbound);
            (store.map_err(host)?, None, 0)
        }
    };
    let linked = &run.component.linked;
    let ended = within(&sandbox, &mut store, end, &late, async |store| {
        work(linked, store, function, &run.options).await
    })
    .await;
    let (result, function) = match ended {
        Ok((Answer::Run(answer), function)) => (answer::of_run(store.data(), answer), function),
        Ok((Answer::Transform(answer), _)) => (answer::of_transform(store.data_mut(), answer), None),
        Err(error) => (Err(error), None),
    };
    let report = report(store.data_mut(), result);
    if let (Some(key), Some(run)) = (key, function)
        && store.data().can_be_kept()
    {
        let calls = calls + 1;
        sandbox.warm.put(key, Warm { store, run, calls });
    }
    Ok(report)
}

/// Asks a component what it is, under the limits of its context.
pub(super) async fn describe(sandbox: &Sandbox, linked: &Linked, context: Context) -> Result<Description, CallError> {
    let limits = context.limits;
    let _place = sandbox.place(limits.wall, None).await?;
    let (end, late) = end_of(limits.wall, None);
    let mut store = state::store(&sandbox.engine, context, None, end, Arc::clone(&sandbox.outbound)).map_err(host)?;
    within(sandbox, &mut store, end, &late, async |store| {
        linked.describe(store).await
    })
    .await
}

/// Runs code in a store until it ends or has to end.
async fn within<T>(
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
        Ok(Err(error)) => Err(fault(store.data(), &error)),
        Err(Stopped::Cpu) => Err(CallError::Limit(
            state::cpu_limit(&store.data().context.limits).to_string(),
        )),
        Err(Stopped::Late) => Err(late.clone()),
    }
}

/// Calls the function, of a new instance where there is none yet. A function that can be called again comes back.
async fn work(
    linked: &Linked,
    store: &mut Store<CallState>,
    kept: Option<RunFunction>,
    options: &Arc<str>,
) -> wasmtime::Result<(Answer, Option<RunFunction>)> {
    match linked.world() {
        World::Link => {
            let run = match kept {
                Some(run) => run,
                None => linked.run(store).await?,
            };
            store.data_mut().memory.started();
            let (answer,) = run.call_async(store, (options.clone(),)).await?;
            Ok((Answer::Run(answer), Some(run)))
        }
        World::Transform => {
            let text = store.data().document.as_ref().map(Document::text).unwrap_or_default();
            let transform = linked.transform(store).await?;
            let (answer,) = transform.call_async(store, (&*text, options)).await?;
            Ok((Answer::Transform(answer), None))
        }
    }
}

fn check_document(run: &Run) -> Result<(), CallError> {
    let limit = run.context.limits.document_bytes;
    match &run.document {
        Some(document) if document.size_bytes() > limit => Err(answer::too_large(document.size_bytes(), limit)),
        None if run.component.world == World::Transform => Err(CallError::Failed(Failure {
            kind: FailureKind::Vcon,
            message: "the vCon does not exist (it expired or was deleted)".to_owned(),
            retryable: false,
            retry_after_ms: None,
        })),
        _ => Ok(()),
    }
}

/// When a call has to be over, and what to say if it is not.
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

fn report(state: &mut CallState, result: Result<Outcome, CallError>) -> CallReport {
    state.log.flush();
    let mut usage = Usage {
        cpu: state.meter.used(),
        peak_memory_bytes: state.memory.peak(),
        log_bytes: state.log.written(),
        ..Usage::default()
    };
    let mut outbound = Vec::new();
    if let Some(egress) = &state.egress {
        usage.requests = egress.requests();
        usage.response_bytes = egress.response_bytes();
        usage.largest_response_bytes = egress.largest_response_bytes();
        outbound = egress.calls();
    }
    CallReport {
        result,
        document: state.document.take(),
        edits: std::mem::take(&mut state.edits),
        effects: std::mem::take(&mut state.effects),
        reached_outside: state.changed_outside || usage.requests > 0,
        usage,
        log: state.log.take(),
        outbound,
    }
}

/// What an error of the engine means.
fn fault(state: &CallState, error: &wasmtime::Error) -> CallError {
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return CallError::Limit(limit.to_string());
    }
    if error.root_cause().to_string().contains(TOO_MUCH_AT_ONCE) {
        return CallError::Limit(state::hostcall_limit(&state.context.limits).to_string());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return host(error);
    }
    if let Some(wrong) = error.downcast_ref::<WrongType>() {
        return CallError::BadAnswer(state.log.clean(&wrong.0, MAX_CRASH_BYTES));
    }
    let what = match (error.downcast_ref::<I32Exit>(), error.downcast_ref::<Trap>()) {
        (Some(exit), _) => format!("it called exit({})", exit.0),
        (_, Some(trap)) => trap.to_string(),
        _ => error.root_cause().to_string(),
    };
    let what = state.log.clean(&what, MAX_CRASH_BYTES);
    match state.log.last_words() {
        words if words.is_empty() => CallError::Trap(what),
        words => CallError::Trap(format!("{words} ({what})")),
    }
}

fn host(error: impl std::fmt::Display) -> CallError {
    CallError::Host(vconduit_base::text::clean(&error.to_string(), MAX_CRASH_BYTES).into_owned())
}
