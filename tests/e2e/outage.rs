//! Outages of Redis that are longer than a lease: hosts that are alive keep their work, and no
//! service is called twice.

use std::process::Command;
use std::time::Duration;

use vconduit_harness::{Host, HostBuilder, Receiver, RedisServer, SOON, eventually, samples};

const RUNS: usize = 500;
const LEASE: Duration = Duration::from_secs(3);

fn builder(receiver: &Receiver, redis: &RedisServer, delay_s: f32, wall_ms: u32) -> HostBuilder {
    let url = receiver.url();
    // The second request of a run is due when the claim can't be renewed.
    let config = format!(
        "
links:
  hook: {{module: links.webhook, options: {{webhook-urls: [\"{url}/hook\"]}}, limits: {{wall_ms: {wall_ms}}}}}
  pause: {{module: links.delay, options: {{seconds: {delay_s}}}}}
chains:
  main: {{links: [hook, pause, hook], ingress_lists: [in], egress_lists: [out]}}
"
    );
    Host::with(config)
        .redis(redis)
        .env("VCONDUIT_LEASE_MS", LEASE.as_millis().to_string())
}

#[tokio::test]
async fn a_pause_of_redis_longer_than_a_lease_repeats_none_of_500_runs_and_no_request() {
    let (receiver, redis) = (Receiver::start().await, RedisServer::start());
    let api = builder(&receiver, &redis, 3.2, 30_000).roles("api").start().await;
    for (_, text) in samples::many(RUNS) {
        api.post_vcon(&text, "in").await;
    }
    let worker = |concurrency: usize| {
        builder(&receiver, &redis, 3.2, 30_000)
            .roles("worker")
            .env("CONSERVER_VCON_CONCURRENCY", concurrency.to_string())
    };
    let busy = worker(RUNS).start().await;
    let other = worker(1).start().await;
    eventually("all runs have made their first request", SOON, async || {
        (receiver.received().len() >= RUNS).then_some(())
    })
    .await;
    redis.pause();
    tokio::time::sleep(LEASE * 35 / 30).await;
    redis.resume();
    api.until_depth("out", RUNS as u64).await;
    let logs = busy.log() + &other.log();
    assert_eq!(receiver.received().len(), 2 * RUNS, "requests were repeated; {logs}");
    assert!(!logs.contains("leases ran out"), "runs were taken away: {logs}");
    assert!(api.dead_letters("in").await.is_empty());
}

/// A request waits for the claim to be renewed, and the wait uses up the time of the call. That
/// says nothing about the service.
#[tokio::test]
async fn a_call_whose_time_runs_out_in_an_outage_is_tried_again_after_it() {
    let (receiver, redis) = (Receiver::start().await, RedisServer::start());
    let host = builder(&receiver, &redis, 2.8, 500).start().await;
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "in").await;
    eventually("the first request", SOON, async || {
        (receiver.received().len() == 1).then_some(())
    })
    .await;
    redis.pause();
    tokio::time::sleep(LEASE * 3 / 2).await;
    assert_eq!(receiver.received().len(), 1, "a request began without a claim");
    redis.resume();
    host.until_depth("out", 1).await;
    assert_eq!(redis.list("out"), [id]);
    assert_eq!(receiver.received().len(), 2, "{}", host.log());
    assert!(host.dead_letters("in").await.is_empty());
}

fn signal(host: &Host, signal: &str) {
    let pid = host.pid().expect("it runs").to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.expect("kill runs").success());
}

/// When the process continues, the timers of its runs are due before it can know that it has lost
/// them.
#[tokio::test]
async fn a_host_that_was_paused_longer_than_a_lease_begins_no_request_of_runs_that_others_have() {
    let (receiver, redis) = (Receiver::start().await, RedisServer::start());
    let paused = builder(&receiver, &redis, 1.5, 30_000).start().await;
    let (id, text) = samples::many(1).remove(0);
    paused.post_vcon(&text, "in").await;
    eventually("the first request", SOON, async || {
        (receiver.received().len() == 1).then_some(())
    })
    .await;
    // Its checkpoint is stored, too: the run is in the link that waits.
    tokio::time::sleep(Duration::from_millis(500)).await;
    signal(&paused, "-STOP");
    let other = builder(&receiver, &redis, 1.5, 30_000).start().await;
    other.until_depth("out", 1).await;
    // It continues, and can't ask whether it has its run still.
    redis.pause();
    signal(&paused, "-CONT");
    tokio::time::sleep(LEASE / 2).await;
    redis.resume();
    eventually("the host learns that it has lost its run", SOON, async || {
        paused.log().contains("the lease was lost").then_some(())
    })
    .await;
    assert_eq!(receiver.received().len(), 2, "{}", paused.log());
    assert_eq!(redis.list("out"), [id]);
}
