//! Restart of a host with many uploaded links, all of them in the compile cache.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vconduit_harness::{Host, RedisServer};

use crate::figure::Figure;
use crate::{Scale, admin};

const LINKS: usize = 30;

/// Time from the start of the process to ready, compared with a host without links.
pub async fn many_links(scale: Scale) -> Vec<Figure> {
    let links = scale.of(LINKS);
    let mut bare = host("{}".to_owned()).start().await;
    let without = until_ready_again(&mut bare).await;
    drop(bare);

    let redis = RedisServer::start();
    let mut host = host(config(links)).redis(&redis).start().await;
    let mut digests = Vec::new();
    for number in 0..links {
        let (kept, _) = admin::upload(&host, &name(number), admin::numbered(number), true).await;
        digests.push(kept["digest"].clone());
    }
    let with = until_ready_again(&mut host).await;
    for (number, digest) in digests.iter().enumerate() {
        let (_, answer) = host.get(&format!("/admin/v1/links/{}", name(number))).await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["running"], *digest, "another version runs after the start");
    }
    vec![Figure {
        what: format!("start to ready with {links} uploaded links, all in the cache"),
        value: with.as_secs_f64(),
        unit: "s",
        reach: "≤ 1",
        limit: Some(without.as_secs_f64()),
        limit_is: "the same without links, on the embedded store",
    }]
}

/// Returns a host with a compile cache of its own.
fn host(config: String) -> vconduit_harness::HostBuilder {
    Host::with(config).env("VCONDUIT_COMPILE_CACHE_DIR", "compiled")
}

async fn until_ready_again(host: &mut Host) -> Duration {
    host.terminate().await;
    let began = Instant::now();
    host.spawn_again();
    host.until_ready().await;
    began.elapsed()
}

fn name(number: usize) -> String {
    format!("link{number}")
}

/// Returns a configuration of one chain with all links. Each link is `tag` until its version is
/// uploaded.
fn config(links: usize) -> String {
    let names: Vec<String> = (0..links).map(name).collect();
    let entry = json!({"module": "links.tag", "options": {"tags": ["bench"]}});
    let entries: serde_json::Map<String, Value> = names.iter().map(|name| (name.clone(), entry.clone())).collect();
    let chain = json!({"links": names, "ingress_lists": ["in"], "egress_lists": ["out"]});
    json!({"links": entries, "chains": {"main": chain}}).to_string()
}
