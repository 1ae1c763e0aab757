//! Rate of POST /vcon: 5 KB, over 32 connections.

use vconduit_harness::{Host, RedisServer, samples};

use crate::figure::Figure;
use crate::http::{self, Load};
use crate::{Scale, limits};

/// No chain takes vCons from the list of the requests: only the API is measured.
const CONFIG: &str = "chains:\n  main: {links: [], ingress_lists: [nobody], egress_lists: [out]}\n";
const CONNECTIONS: usize = 32;

/// Rate on Redis.
pub async fn redis(scale: Scale) -> Vec<Figure> {
    let vcons = samples::many(scale.of(60_000));
    let limit = limits::redis_puts(&vcons);
    let server = RedisServer::start();
    let host = Host::with(CONFIG).redis(&server).start().await;
    let load = load(&host, vcons).await;
    let mut figures = figures("POST /vcon on Redis, 5 KB, 32 connections", &load, "≥ 8,000");
    if let Some(first) = figures.first_mut() {
        first.limit = Some(limit);
        first.limit_is = "SET + ZADD + RPUSH in a plain loop";
    }
    figures
}

/// Rate on the embedded store.
pub async fn embedded(scale: Scale) -> Vec<Figure> {
    let vcons = samples::many(scale.of(20_000));
    let host = Host::with(CONFIG).start().await;
    let limit = fsyncs(host.folder());
    let load = load(&host, vcons).await;
    let mut figures = figures(
        "POST /vcon on the embedded store (durable), 5 KB, 32 connections",
        &load,
        "≥ 2,000",
    );
    if let Some(first) = figures.first_mut() {
        first.limit = Some(limit);
        first.limit_is = "write 5 KB + fdatasync in a plain loop";
    }
    figures
}

async fn load(host: &Host, vcons: Vec<(String, String)>) -> Load {
    let bodies = vcons.into_iter().map(|(_, text)| text).collect();
    let url = host.url("");
    let address = url.trim_start_matches("http://").to_owned();
    http::post(&address, "/vcon?ingress_lists=in", bodies, CONNECTIONS).await
}

fn figures(what: &str, load: &Load, reach: &'static str) -> Vec<Figure> {
    let ms = |share| load.quantile(share).as_secs_f64() * 1000.0;
    let time = |what: String, share, reach| Figure {
        what,
        value: ms(share),
        unit: "ms",
        reach,
        limit: None,
        limit_is: "",
    };
    vec![
        Figure {
            what: what.into(),
            value: load.per_second,
            unit: "/s",
            reach,
            limit: None,
            limit_is: "",
        },
        time(format!("{what}: p50"), 0.5, "≤ 4 on Redis"),
        time(format!("{what}: p99"), 0.99, "–"),
    ]
}

/// Durable writes of 5 KB per second, one after the other.
fn fsyncs(folder: &std::path::Path) -> f64 {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("fsync-limit")).expect("a file");
    let bytes = vec![b'x'; 5_000];
    let count = 200;
    let began = std::time::Instant::now();
    for _ in 0..count {
        file.write_all(&bytes).expect("a write");
        file.sync_data().expect("fdatasync");
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}
