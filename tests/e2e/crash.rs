//! Crashes: hosts killed at random, Redis killed at random, one host of two killed. No acknowledged
//! vCon is lost, and none is in two places.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt as _;
use vconduit_harness::{Host, HostBuilder, RedisServer, SOON, eventually, samples};

const CONFIG: &str = r"
links:
  tag: {module: links.tag, options: {tags: [once]}}
  pause: {module: links.delay, options: {seconds: 0.02}}
chains:
  main:
    links: [tag, pause]
    ingress_lists: [in]
    egress_lists: [out]
";
const VCONS: usize = 1_000;
const KILLS: usize = 10;

fn builder() -> HostBuilder {
    Host::with(CONFIG)
        .env("VCONDUIT_LEASE_MS", "1000")
        .env("CONSERVER_VCON_CONCURRENCY", "16")
}

/// Posts vCons from a task. Returns the acknowledged ids.
struct Poster {
    task: tokio::task::JoinHandle<Vec<String>>,
}

impl Poster {
    fn start(host: &Host, pause: Duration) -> Self {
        let (client, url) = (host.client().clone(), host.url("/vcon?ingress_lists=in"));
        let task = tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            let mut left = samples::many(VCONS * 4).into_iter();
            // A request without a response is not repeated: the vCon may or may not be stored.
            // Others replace it.
            while acknowledged.len() < VCONS {
                let (id, text) = left.next().expect("enough vCons");
                let request = client
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(text)
                    .timeout(Duration::from_secs(5));
                match request.send().await {
                    Ok(answer) if answer.status() == 201 => acknowledged.push(id),
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
                tokio::time::sleep(pause).await;
            }
            acknowledged
        });
        Self { task }
    }
}

async fn nap(from_ms: u64, to_ms: u64) {
    let ms = rand::rng().random_range(from_ms..to_ms);
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Waits until no entry and no claim is left. Then checks that every acknowledged vCon is on `out`
/// once, tagged once, and nowhere else.
async fn check(host: &Host, acknowledged: &[String]) {
    host.until_idle("in").await;
    let (_, body) = host.get("/vcon/egress?egress_list=out&limit=100000").await;
    let out: Vec<String> = serde_json::from_str(&body).expect("ids");
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for id in &out {
        *counts.entry(id).or_default() += 1;
    }
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| !counts.contains_key(id.as_str()))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged vCons are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "vCons came out more than once: {twice:?}");
    assert!(
        host.dead_letters("in").await.is_empty(),
        "vCons are in the dead letters"
    );
    for id in acknowledged {
        let vcon = host.vcon(id).await.expect("the document is there");
        assert_eq!(
            samples::tags_of(&vcon),
            [r#"["once:once"]"#],
            "{id} was not tagged exactly once"
        );
    }
    flows(host).await;
}

/// Checks that a new vCon still passes through the chain.
async fn flows(host: &Host) {
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "in").await;
    let out = eventually("a fresh vCon comes out", SOON, async || {
        let (_, body) = host.get("/vcon/egress?egress_list=out&limit=1").await;
        serde_json::from_str::<Vec<String>>(&body).ok()?.pop()
    })
    .await;
    assert_eq!(out, id);
}

async fn kill_hosts(builder: HostBuilder) {
    let mut host = builder.start().await;
    let poster = Poster::start(&host, Duration::from_millis(2));
    for _ in 0..KILLS {
        nap(100, 500).await;
        host.kill();
        host.spawn_again();
        host.until_ready().await;
    }
    let acknowledged = poster.task.await.expect("the poster");
    check(&host, &acknowledged).await;
}

#[tokio::test]
async fn ten_kills_of_the_host_lose_nothing_on_redis() {
    let redis = RedisServer::start();
    kill_hosts(builder().redis(&redis)).await;
}

#[tokio::test]
async fn ten_kills_of_the_host_lose_nothing_on_the_embedded_store() {
    kill_hosts(builder()).await;
}

#[tokio::test]
async fn work_continues_without_loss_after_redis_was_killed_and_started_again() {
    let mut redis = RedisServer::durable();
    let host = builder().redis(&redis).start().await;
    let poster = Poster::start(&host, Duration::from_millis(2));
    // The host bridges a short outage without a log line. The last outage is too long for that.
    for (from_ms, to_ms) in [(500, 1500), (500, 1500), (4000, 5000)] {
        nap(200, 600).await;
        redis.kill();
        nap(from_ms, to_ms).await;
        redis.restart();
    }
    let acknowledged = poster.task.await.expect("the poster");
    check(&host, &acknowledged).await;
    let log = host.log();
    let said = log.matches("waiting for the working store").count();
    assert!(
        (1..=3).contains(&said),
        "the host said {said} times that Redis is away, in 3 outages; its log:\n{log}"
    );
}

#[tokio::test]
async fn a_host_that_dies_leaves_its_work_to_the_other() {
    let redis = RedisServer::start();
    let (mut first, second) = (
        builder().redis(&redis).start().await,
        builder().redis(&redis).start().await,
    );
    let poster = Poster::start(&second, Duration::from_millis(1));
    tokio::time::sleep(Duration::from_millis(700)).await;
    first.kill();
    let acknowledged = poster.task.await.expect("the poster");
    check(&second, &acknowledged).await;
}

#[tokio::test]
async fn a_stop_finishes_what_it_began_and_loses_nothing() {
    let redis = RedisServer::start();
    let mut host = builder().redis(&redis).start().await;
    let poster = Poster::start(&host, Duration::from_millis(1));
    for _ in 0..3 {
        nap(300, 600).await;
        let (took, code) = host.terminate().await;
        assert_eq!(code, Some(0), "a stop is not a failure; the log:\n{}", host.log());
        assert!(took < Duration::from_secs(10), "the stop took {took:?}");
        host.spawn_again();
        host.until_ready().await;
    }
    let acknowledged = poster.task.await.expect("the poster");
    check(&host, &acknowledged).await;
}
