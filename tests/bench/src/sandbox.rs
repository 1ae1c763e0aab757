//! The sandbox alone, in this process: the cost of a call, its scaling, and the effect of spinning
//! neighbours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};
use vcon_document::VconId;
use vcon_document::{Document, Edit, EgressFormat, Text, canonical};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName};
use vconduit_harness::samples;
use vconduit_policy::{Grants, Limits};
use vconduit_sandbox::call::{CreateError, DocumentAccess, Environment, GuestMetrics};
use vconduit_sandbox::probe::OpenGate;
use vconduit_sandbox::runtime::LinksRuntime;
use vconduit_sandbox::{Call, CallContext, CallError, Compiled, Sandbox, SandboxSettings};
use vconduit_standard_links::standard;

use crate::Scale;
use crate::figure::Figure;

const FIVE_MB: usize = 5_000_000;

struct Nothing;

#[async_trait::async_trait]
impl DocumentAccess for Nothing {
    async fn read(&self, _: &VconId) -> Result<Option<Text>, String> {
        Ok(None)
    }

    async fn create(&self, _: &str) -> Result<VconId, CreateError> {
        Err(CreateError::Unavailable("not in a benchmark".into()))
    }

    async fn delete(&self, _: &VconId) -> Result<bool, String> {
        Ok(false)
    }
}

impl Environment for Nothing {
    fn now_ms(&self) -> u64 {
        0
    }

    fn uniform(&self) -> f64 {
        0.5
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl GuestMetrics for Nothing {
    fn count(&self, _: &LinkName, _: &VconId, _: &str, _: u64, _: &[(String, String)]) {}
    fn observe(&self, _: &LinkName, _: &VconId, _: &str, _: f64, _: &[(String, String)]) {}
}

/// A sandbox with one link that is ready for calls.
#[derive(Clone)]
pub struct Bench {
    sandbox: Arc<Sandbox>,
    component: Arc<Compiled>,
    options: Arc<str>,
    limits: Limits,
    document: Document,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    link: LinkName,
    chain: ChainName,
    vcon: VconId,
    grants: Arc<Grants>,
    secrets: Arc<Secrets>,
    nothing: Arc<Nothing>,
}

impl Bench {
    /// A standard link with these options, for calls on this document.
    pub async fn new(sandbox: Arc<Sandbox>, link: &str, options: &str, text: String) -> Self {
        let bytes = standard()
            .find(|standard| standard.name == link)
            .expect("a standard link")
            .bytes;
        let component = sandbox.compile(bytes).await.expect("it compiles");
        let mut document = Document::parse(text).expect("a document");
        canonical::upgrade(&mut document);
        let shared = Shared {
            link: LinkName::new(link).expect("a name"),
            chain: ChainName::new("bench").expect("a name"),
            vcon: document.uuid().expect("an id"),
            grants: Arc::default(),
            secrets: Arc::default(),
            nothing: Arc::new(Nothing),
        };
        Self {
            sandbox,
            component,
            options: options.into(),
            limits: Limits::default(),
            document,
            shared,
        }
    }

    /// Makes one call. Returns true if it ended at the CPU limit.
    pub async fn call(&self) -> bool {
        let shared = self.shared.clone();
        let context = CallContext {
            link: shared.link,
            chain: shared.chain,
            ingress_list: None,
            attempt: 1,
            grants: shared.grants,
            limits: self.limits,
            vcon: shared.vcon,
            egress: EgressFormat::AsStored,
            secrets: shared.secrets,
            documents: shared.nothing.clone(),
            environment: shared.nothing.clone(),
            metrics: shared.nothing,
            gate: Arc::new(OpenGate),
            keep_log: false,
        };
        let call = Call {
            component: self.component.clone(),
            context,
            options: self.options.clone(),
            document: Some(self.document.clone()),
            deadline: None,
            warm: false,
        };
        match self.sandbox.call(call).await.result {
            Ok(_) => false,
            Err(CallError::Limit(_)) => true,
            Err(error) => panic!("the call failed: {error}"),
        }
    }
}

/// Returns the CPU time that this thread has used.
fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Median CPU time of a call in µs.
fn median_cpu(runtime: &Runtime, bench: &Bench, calls: usize) -> f64 {
    for _ in 0..calls / 10 {
        runtime.block_on(bench.call());
    }
    let mut times: Vec<Duration> = (0..calls)
        .map(|_| {
            let before = thread_cpu();
            runtime.block_on(bench.call());
            thread_cpu() - before
        })
        .collect();
    times.sort();
    times.get(calls / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}

/// Median CPU time of the same edit in native Rust, in µs.
fn native_cpu(bench: &Bench, calls: usize) -> f64 {
    let edit = Edit::AddTag {
        name: "bench".into(),
        value: "bench".into(),
    };
    let mut times: Vec<Duration> = (0..calls)
        .map(|_| {
            let before = thread_cpu();
            let mut document = bench.document.clone();
            document.apply(&edit).expect("the tag fits");
            std::hint::black_box(&document);
            thread_cpu() - before
        })
        .collect();
    times.sort();
    times.get(calls / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}

/// CPU time of a fresh instance with `tag` on 5 KB and on 5 MB, and with jq on 5 KB.
pub fn calls(runtime: &Runtime, scale: Scale) -> Vec<Figure> {
    let here = single();
    let sandbox = {
        let _entered = runtime.enter();
        Sandbox::new(SandboxSettings::default()).expect("a sandbox")
    };
    let tag = r#"{"tags":["bench"]}"#;
    let small = here.block_on(Bench::new(sandbox.clone(), "tag", tag, samples::many(1).remove(0).1));
    let large_text = samples::large("0190c1f2-7a10-8c3e-9d00-000000000001", FIVE_MB);
    let large = here.block_on(Bench::new(sandbox.clone(), "tag", tag, large_text));
    let jq = r#"{"filter":".parties | length > 0","forward_matches":true}"#;
    let jq = here.block_on(Bench::new(sandbox, "jq_link", jq, samples::many(1).remove(0).1));
    let (on_small, on_large) = (
        median_cpu(&here, &small, scale.of(20_000)),
        median_cpu(&here, &large, scale.of(20_000)),
    );
    let native = native_cpu(&small, scale.of(20_000));
    let figure = |what: &str, value, unit, reach| Figure {
        what: what.into(),
        value,
        unit,
        reach,
        limit: None,
        limit_is: "",
    };
    let mut first = figure("fresh instance + tag, 5 KB, p50 CPU", on_small, "µs", "≤ 35");
    first.limit = Some(native);
    first.limit_is = "the same edit in native Rust";
    vec![
        first,
        figure(
            "fresh instance + tag, 5 MB, p50 CPU, against 5 KB",
            on_large / on_small,
            "×",
            "≤ 1.5",
        ),
        figure(
            "fresh instance + jq_link, 5 KB, p50 CPU",
            median_cpu(&here, &jq, scale.of(5_000)),
            "µs",
            "56–94 (design)",
        ),
    ]
}

/// Calls per second on one and on two threads.
pub fn scaling(runtime: &Runtime, scale: Scale) -> Vec<Figure> {
    let sandbox = {
        let _entered = runtime.enter();
        Sandbox::new(SandboxSettings::default()).expect("a sandbox")
    };
    let text = samples::many(1).remove(0).1;
    let bench = runtime.block_on(Bench::new(sandbox, "tag", r#"{"tags":["bench"]}"#, text));
    let calls = scale.of(100_000);
    let (one, two) = (rate(&bench, 1, calls), rate(&bench, 2, calls));
    let figure = |what: &str, value, unit, reach| Figure {
        what: what.into(),
        value,
        unit,
        reach,
        limit: None,
        limit_is: "",
    };
    vec![
        figure("fresh instances + tag, one thread", one, "calls/s", "≥ 45,000"),
        figure(
            "fresh instances + tag, two threads against one",
            two / one,
            "×",
            "≥ 1.6",
        ),
    ]
}

fn rate(bench: &Bench, threads: usize, calls: usize) -> f64 {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let runtime = single();
                runtime.block_on(async {
                    for _ in 0..calls / threads {
                        bench.call().await;
                    }
                });
            });
        }
    });
    calls as f64 / began.elapsed().as_secs_f64()
}

/// p99 of a short link while two others spin until their limit, on the runtime for links.
pub fn fairness(_: &Runtime, scale: Scale) -> Vec<Figure> {
    let runtime = vconduit_sandbox::runtime::for_links().expect("the runtime for links");
    let here = single();
    let sandbox = Sandbox::new(SandboxSettings::default()).expect("a sandbox");
    let text = samples::many(1).remove(0).1;
    let short = here.block_on(Bench::new(
        sandbox.clone(),
        "tag",
        r#"{"tags":["bench"]}"#,
        text.clone(),
    ));
    let alone = latencies(&here, &runtime, &short, scale.of(3_000));
    let endless = r#"{"filter":"last(range(0; 1000000000000))","forward_matches":true}"#;
    let spinning = here.block_on(Bench::new(sandbox, "jq_link", endless, text));
    let stop = Arc::new(AtomicBool::new(false));
    let limited = Arc::new(AtomicUsize::new(0));
    for _ in 0..2 {
        let (spinning, stop, limited) = (spinning.clone(), stop.clone(), limited.clone());
        runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                limited.fetch_add(usize::from(spinning.call().await), Ordering::Relaxed);
            }
        });
    }
    std::thread::sleep(Duration::from_millis(300));
    let beside = latencies(&here, &runtime, &short, scale.of(1_000));
    stop.store(true, Ordering::Relaxed);
    vec![Figure {
        what: "tag beside two links that spin to their limit, p99".into(),
        value: beside,
        unit: "ms",
        reach: "≤ 10",
        limit: Some(alone),
        limit_is: "the same, alone",
    }]
}

/// p99 in ms of calls that start one after the other, a millisecond apart.
fn latencies(here: &Runtime, runtime: &LinksRuntime, bench: &Bench, calls: usize) -> f64 {
    let bench = bench.clone();
    let task = runtime.spawn(async move {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let began = Instant::now();
            let bench = bench.clone();
            tokio::spawn(async move { bench.call().await }).await.expect("a call");
            times.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        times.sort();
        times.get(calls * 99 / 100).copied().unwrap_or_default()
    });
    here.block_on(task.expect("the runtime runs"))
        .expect("the measurement")
        .as_secs_f64()
        * 1000.0
}
