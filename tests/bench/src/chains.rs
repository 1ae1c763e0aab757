//! Throughput of chains over Redis. The ids are on the list before the host starts, so that only
//! the chain is measured.

use std::time::{Duration, Instant};

use redis::Commands as _;
use vconduit_harness::{Host, RedisServer, eventually, samples};

use crate::figure::Figure;
use crate::{Scale, limits, process};

const EMPTY: &str = "chains:\n  main: {links: [], ingress_lists: [in], egress_lists: [out]}\n";
const FOUR: &str = r#"
links:
  tag: {module: links.tag, options: {tags: [bench]}}
  keep: {module: links.jq_link, options: {filter: ".parties | length > 0"}}
  route: {module: links.tag_router, options: {tag_routes: {nowhere: side}}}
  sample: {module: links.sampler, options: {method: percentage, value: 100}}
chains:
  main: {links: [tag, keep, route, sample], ingress_lists: [in], egress_lists: [out]}
"#;
const TAG: &str = "links:\n  tag: {module: links.tag, options: {tags: [bench]}}\nchains:\n  main: {links: [tag], ingress_lists: [in], egress_lists: [out]}\n";

struct Run {
    per_second: f64,
    cpu_per_thousand: f64,
}

/// Throughput of an empty chain.
pub async fn empty(scale: Scale) -> Vec<Figure> {
    let count = scale.of(40_000);
    let vcons = samples::many(count);
    let limit = limits::redis_moves(&vcons);
    let run = run(EMPTY, &vcons).await;
    vec![
        Figure {
            what: "empty chain over Redis, 5 KB vCons".into(),
            value: run.per_second,
            unit: "vCon/s",
            reach: "≥ 8,000",
            limit: Some(limit),
            limit_is: "LMOVE + GET + RPUSH in a plain loop",
        },
        cpu("empty chain", &run, "–"),
    ]
}

/// Throughput of a chain of four local links.
pub async fn four_links(scale: Scale) -> Vec<Figure> {
    let count = scale.of(20_000);
    let vcons = samples::many(count);
    let limit = limits::native_edits(&vcons);
    let run = run(FOUR, &vcons).await;
    vec![
        Figure {
            what: "tag, jq, tag_router, sampler over Redis, 5 KB vCons".into(),
            value: run.per_second,
            unit: "vCon/s",
            reach: "≥ 4,000",
            limit: Some(limit),
            limit_is: "native Rust: parse, tag, write, GET + SET, one thread",
        },
        cpu("four links", &run, "≤ 0.25"),
    ]
}

/// Throughput of the link `tag` on vCons of 5 MB.
pub async fn large(scale: Scale) -> Vec<Figure> {
    let count = scale.of(300);
    let vcons: Vec<_> = (0..count)
        .map(|_| {
            let id = uuid::Uuid::new_v4().to_string();
            let text = samples::large(&id, 5_000_000);
            (id, text)
        })
        .collect();
    let limit = limits::redis_copies(&vcons);
    let run = run(TAG, &vcons).await;
    vec![Figure {
        what: "tag over Redis, 5 MB vCons".into(),
        value: run.per_second,
        unit: "vCon/s",
        reach: "≥ 100",
        limit: Some(limit),
        limit_is: "GET + SET in a plain loop",
    }]
}

fn cpu(what: &str, run: &Run, reach: &'static str) -> Figure {
    Figure {
        what: format!("{what}: CPU of the host for 1,000 vCons"),
        value: run.cpu_per_thousand,
        unit: "s",
        reach,
        limit: None,
        limit_is: "",
    }
}

async fn run(config: &str, vcons: &[(String, String)]) -> Run {
    let redis = RedisServer::start();
    let mut connection = redis.connect();
    for chunk in vcons.chunks(100) {
        let mut pipe = redis::pipe();
        for (id, text) in chunk {
            pipe.set(format!("vcon:{id}"), text).ignore();
        }
        let _: () = pipe.query(&mut connection).expect("documents");
    }
    let host = Host::with(config).redis(&redis).start().await;
    let pid = host.pid().expect("it runs");
    let cpu_before = process::cpu_seconds(pid);
    let ids: Vec<&str> = vcons.iter().map(|(id, _)| id.as_str()).collect();
    let began = Instant::now();
    for chunk in ids.chunks(1_000) {
        let _: i64 = connection.rpush("in", chunk).expect("RPUSH");
    }
    eventually("all vCons are through", Duration::from_secs(300), async || {
        let done: usize = redis.connect().llen("out").expect("LLEN");
        (done == vcons.len()).then_some(())
    })
    .await;
    let took = began.elapsed().as_secs_f64();
    let cpu = process::cpu_seconds(pid) - cpu_before;
    assert!(
        host.dead_letters("in").await.is_empty(),
        "vCons failed; the log:\n{}",
        host.log()
    );
    Run {
        per_second: vcons.len() as f64 / took,
        cpu_per_thousand: cpu * 1000.0 / vcons.len() as f64,
    }
}
