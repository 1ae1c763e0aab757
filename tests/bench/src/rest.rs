//! A host at rest: memory with all links loaded, and the time from a warm start to ready.

use std::time::{Duration, Instant};

use vconduit_harness::Host;

use crate::figure::Figure;
use crate::process;

const ALL: &str = r#"
links:
  tag: {module: links.tag}
  tag_router: {module: links.tag_router}
  jq_link: {module: links.jq_link}
  sampler: {module: links.sampler}
  diet: {module: links.diet}
  expire_vcon: {module: links.expire_vcon, options: {seconds: 60}}
  delay: {module: links.delay}
  webhook: {module: links.webhook}
chains:
  main: {links: [tag, tag_router, jq_link, sampler, diet, expire_vcon, delay, webhook], ingress_lists: [in], egress_lists: [out]}
"#;

/// Measures both figures. The first start fills the compile cache.
pub async fn at_rest() -> Vec<Figure> {
    let mut host = Host::with(ALL).start().await;
    host.terminate().await;
    let began = Instant::now();
    host.spawn_again();
    host.until_ready().await;
    let ready = began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let memory = process::resident_mib(host.pid().expect("it runs"));
    vec![
        Figure {
            what: "memory at rest, all links loaded".into(),
            value: memory,
            unit: "MiB",
            reach: "≤ 120 MB",
            limit: None,
            limit_is: "",
        },
        Figure {
            what: "warm start to ready".into(),
            value: ready,
            unit: "s",
            reach: "≤ 1",
            limit: None,
            limit_is: "",
        },
    ]
}
