//! Criterion benchmarks of the sandbox: a fresh instance and a call, on small and large documents.
//! And of the check that every incoming document passes first.
//!
//! `cargo bench -p vconduit-bench`. The figures in the README come from this crate's program,
//! which measures CPU time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Builder;
use vconduit_bench::sandbox::Bench;
use vconduit_harness::samples;
use vconduit_sandbox::{Sandbox, SandboxSettings};

fn calls(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sandbox = Sandbox::new(SandboxSettings::default()).expect("a sandbox");
    let small = samples::many(1).remove(0).1;
    let large = samples::large("0190c1f2-7a10-8c3e-9d00-000000000001", 5_000_000);
    let tag = r#"{"tags":["bench"]}"#;
    let jq = r#"{"filter":".parties | length > 0","forward_matches":true}"#;
    let cases = [
        ("tag, 5 KB", "tag", tag, &small),
        ("tag, 5 MB", "tag", tag, &large),
        ("jq_link, 5 KB", "jq_link", jq, &small),
    ];
    for (name, link, options, text) in cases {
        let bench = runtime.block_on(Bench::new(sandbox.clone(), link, options, text.clone()));
        criterion.bench_function(name, |bencher| bencher.to_async(&runtime).iter(|| bench.call()));
    }
}

fn ingest(criterion: &mut Criterion) {
    let texts = samples::calls();
    criterion.bench_function("ingest, 24 of 5 KB", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(vcon_document::ingest::ingest(text.as_bytes()).is_ok());
            }
        });
    });
}

criterion_group!(benches, calls, ingest);
criterion_main!(benches);
