//! Cost of the upload of a large component for other requests: 18 MB, with CPython inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use vconduit_harness::components::polyglot_file;
use vconduit_harness::{Host, RedisServer};

use crate::figure::Figure;
use crate::http::quantile;
use crate::steady::{Steady, times_in};
use crate::{Scale, admin};

/// No chain takes vCons from the list of the requests: only the API is measured.
const CONFIG: &str = "chains:\n  main: {links: [], ingress_lists: [nobody], egress_lists: [out]}\n";
const PER_SECOND: u32 = 1_000;
const CALM: usize = 20_000;
/// Pause between two PINGs.
const PING: Duration = Duration::from_millis(2);

/// POST /vcon and Redis during the upload, compared with the time before.
pub async fn upload(scale: Scale) -> Vec<Figure> {
    let mut component = std::fs::read(polyglot_file("topics_python")).expect("a component");
    // No cache has this digest.
    admin::append_section(&mut component, "bench", uuid::Uuid::new_v4().as_bytes());
    let redis = RedisServer::start();
    let host = Host::with(CONFIG).redis(&redis).start().await;
    let pings = Pings::start(&redis);
    let load = Steady::start(&host, "in", PER_SECOND);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let calm_from = Instant::now();
    let calm_for = Duration::from_millis(u64::try_from(scale.of(CALM)).expect("a small number"));
    tokio::time::sleep(calm_for).await;
    let upload_from = Instant::now();
    let (_, took) = admin::upload(&host, "large", component, false).await;
    let end = Instant::now();
    let posted = load.stop().await;
    let posts: Vec<(Instant, Duration)> = posted
        .iter()
        .map(|posted| (posted.began, posted.answered.duration_since(posted.began)))
        .collect();
    let pings = pings.finish();
    let during = |all| times_in(&[(upload_from, end)], all);
    let calm = |all| times_in(&[(calm_from, upload_from)], all);
    let post = format!("POST /vcon, {PER_SECOND}/s on 8 connections, while an 18 MB component is uploaded: p99");
    vec![
        beside(post, &during(&posts), &calm(&posts), "≤ 1.5 of before"),
        beside(
            "PING of Redis meanwhile: p99".into(),
            &during(&pings),
            &calm(&pings),
            "–",
        ),
        Figure {
            what: "that upload, from POST to its answer".into(),
            value: took.as_secs_f64(),
            unit: "s",
            reach: "–",
            limit: None,
            limit_is: "",
        },
    ]
}

fn beside(what: String, during: &[Duration], calm: &[Duration], reach: &'static str) -> Figure {
    let p99 = |times| quantile(times, 0.99).as_secs_f64() * 1000.0;
    Figure {
        what,
        value: p99(during),
        unit: "ms",
        reach,
        limit: Some(p99(calm)),
        limit_is: "the same, before",
    }
}

/// Durations of PINGs on a connection of their own.
struct Pings {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<(Instant, Duration)>>,
}

impl Pings {
    fn start(redis: &RedisServer) -> Self {
        let (mut connection, stop) = (redis.connect(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut times = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                let _: String = redis::cmd("PING").query(&mut connection).expect("PING");
                times.push((began, began.elapsed()));
                std::thread::sleep(PING);
            }
            times
        });
        Self { stop, thread }
    }

    fn finish(self) -> Vec<(Instant, Duration)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it ends")
    }
}
