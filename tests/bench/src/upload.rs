//! Time from the bytes of a component to the active link on two hosts, neither of which has it in
//! its cache.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vconduit_harness::{Host, RedisServer, eventually, host::binary};

use crate::figure::Figure;
use crate::http::quantile;
use crate::{Scale, admin};

const CONFIG: &str = "links:\n  fresh: {module: links.tag, options: {tags: [bench]}}\nchains:\n  main: {links: [fresh], ingress_lists: [in], egress_lists: [out]}\n";
const UPLOADS: usize = 10;
/// Folder of the compile cache in a host's working folder, so that no other host shares it.
const OWN_CACHE: &str = "compiled";

/// Upload with immediate activation, and activation after every host has compiled the version.
pub async fn two_hosts(scale: Scale) -> Vec<Figure> {
    let redis = RedisServer::start();
    let host = || {
        Host::with(CONFIG)
            .redis(&redis)
            .env("VCONDUIT_COMPILE_CACHE_DIR", OWN_CACHE)
            .start()
    };
    let (first, second) = (host().await, host().await);
    let uploads = scale.of(UPLOADS);
    let (mut alone, mut at_once, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..uploads {
        alone.push(compile_alone(&admin::numbered(number)));
        let (_, took) = admin::upload(&first, "fresh", admin::numbered(number), true).await;
        at_once.push(took);
    }
    for number in uploads..2 * uploads {
        let (kept, _) = admin::upload(&first, "fresh", admin::numbered(number), false).await;
        let digest = kept["digest"].as_str().expect("a digest");
        eventually("the other host has compiled it", Duration::from_secs(60), async || {
            is_cached(&second, digest).then_some(())
        })
        .await;
        later.push(admin::activate(&first, "fresh", digest).await);
    }
    for times in [&mut alone, &mut at_once, &mut later] {
        times.sort();
    }
    figures(&alone, &at_once, &later)
}

fn figures(alone: &[Duration], at_once: &[Duration], later: &[Duration]) -> Vec<Figure> {
    let seconds = |times: &[Duration], share| quantile(times, share).as_secs_f64();
    let figure = |what: &str, value, reach| Figure {
        what: what.into(),
        value,
        unit: "s",
        reach,
        limit: None,
        limit_is: "",
    };
    let beside = |figure| Figure {
        limit: Some(seconds(alone, 0.5)),
        limit_is: "the compiling process alone",
        ..figure
    };
    vec![
        beside(figure(
            "upload of a Rust link to active on two hosts: p50",
            seconds(at_once, 0.5),
            "≤ 2",
        )),
        figure(
            "upload of a Rust link to active on two hosts: max",
            seconds(at_once, 1.0),
            "≤ 2",
        ),
        figure(
            "activation on two hosts, uploaded before: p50",
            seconds(later, 0.5),
            "–",
        ),
    ]
}

fn is_cached(host: &Host, digest: &str) -> bool {
    let files = std::fs::read_dir(host.folder().join(OWN_CACHE)).expect("a cache");
    files.filter_map(Result::ok).any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with(digest) && name.ends_with(".code")
    })
}

/// Measures the compiling process alone, as a host starts it for each new component.
fn compile_alone(component: &[u8]) -> Duration {
    let began = Instant::now();
    let mut child = Command::new(binary())
        .args(["compile-component", "--cpu-s", "60", "--memory-bytes", "2147483648"])
        .env("MIMALLOC_ARENA_RESERVE", "16384")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(component).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "it does not compile");
    began.elapsed()
}
