//! Repeated activation of other versions of a link, while vCons go through it.

use std::time::{Duration, Instant};

use vconduit_harness::{Host, RedisServer};

use crate::figure::Figure;
use crate::http::quantile;
use crate::steady::{Follower, Steady, times_in};
use crate::{Scale, admin};

/// The configured component. Uploaded versions replace it, with the same options.
const CONFIG: &str = "links:\n  swapped: {module: links.tag, options: {tags: [bench]}}\nchains:\n  main: {links: [swapped], ingress_lists: [in], egress_lists: [out]}\n";
/// A tenth of the rate that the machine can sustain.
const PER_SECOND: u32 = 500;
const SWAPS: usize = 50;
/// Periods with and without swaps alternate, so that other load of the machine affects both.
const ROUNDS: u32 = 5;
/// Time from the beginning of one swap to the beginning of the next.
const EVERY: Duration = Duration::from_millis(400);

/// Lost vCons, and the time from POST to egress, compared with periods without swaps.
pub async fn swap(scale: Scale) -> Vec<Figure> {
    let redis = RedisServer::start();
    let host = Host::with(CONFIG).redis(&redis).start().await;
    admin::upload(&host, "swapped", admin::numbered(1), true).await;
    let (second, _) = admin::upload(&host, "swapped", admin::numbered(2), false).await;
    let second = second["digest"].as_str().expect("a digest");

    let follower = Follower::start(&redis, "out");
    let load = Steady::start(&host, "in", PER_SECOND);
    // The first second is for warming up.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let swaps = u32::try_from(scale.of(SWAPS)).expect("a small number").div_ceil(ROUNDS);
    let (mut calm, mut swapping, mut activations) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let from = Instant::now();
        tokio::time::sleep(EVERY * swaps).await;
        calm.push((from, Instant::now()));
        let from = Instant::now();
        let mut ticks = tokio::time::interval(EVERY);
        for swap in 0..swaps {
            ticks.tick().await;
            // Activation and rollback, so that both kinds of swap are measured.
            activations.push(match (round * swaps + swap) % 2 {
                0 => admin::activate(&host, "swapped", second).await,
                _ => admin::roll_back(&host, "swapped").await,
            });
        }
        ticks.tick().await;
        swapping.push((from, Instant::now()));
    }
    let posted = load.stop().await;
    let seen = follower.finish();
    let dead = host.dead_letters("in").await.len();
    let through: Vec<(Instant, Duration)> = posted
        .iter()
        .filter_map(|posted| Some((posted.began, seen.get(&posted.id)?.duration_since(posted.began))))
        .collect();
    let lost = posted.len() - through.len() - dead;
    let (calm, swapping) = (times_in(&calm, &through), times_in(&swapping, &through));
    activations.sort();
    let of = format!("{} vCons, {} swaps", posted.len(), activations.len());
    figures(&of, (lost, dead), (&calm, &swapping), &activations)
}

fn figures(
    of: &str,
    (lost, dead): (usize, usize),
    (calm, swapping): (&[Duration], &[Duration]),
    activations: &[Duration],
) -> Vec<Figure> {
    let ms = |times: &[Duration], share| quantile(times, share).as_secs_f64() * 1000.0;
    let plain = |what: String, value, unit, reach| Figure {
        what,
        value,
        unit,
        reach,
        limit: None,
        limit_is: "",
    };
    let beside = |share, which, reach| Figure {
        limit: Some(ms(calm, share)),
        limit_is: "the same, calm",
        ..plain(
            format!("POST to egress while swapping, {PER_SECOND} vCon/s: {which}"),
            ms(swapping, share),
            "ms",
            reach,
        )
    };
    vec![
        plain(format!("lost of {of}"), lost as f64, "vCons", "0"),
        plain(format!("dead letters of {of}"), dead as f64, "vCons", "0"),
        beside(0.5, "p50", "–"),
        beside(0.99, "p99", "≤ 1.3 of calm"),
        plain(
            "one swap, asked to confirmed: p50".into(),
            ms(activations, 0.5),
            "ms",
            "–",
        ),
        plain(
            "one swap, asked to confirmed: max".into(),
            ms(activations, 1.0),
            "ms",
            "–",
        ),
    ]
}
