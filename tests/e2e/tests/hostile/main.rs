//! Links that mean harm, in a real host: each is contained and told, and felt by no one.

mod cases;
mod mutation;
mod server;
mod upload;

use std::time::Duration;

use cases::{Case, Ends};
use redis::Commands as _;
use serde_json::{Value, json};
use server::Server;
use vconduit_harness::{Host, RedisServer, eventually, samples};

/// Generous: the machine may be busy, and nothing is decided by how long something takes.
const SOON: Duration = Duration::from_secs(120);

/// The secret that the attacks are after.
const SECRET: &str = "hostile-s3cr3t";

/// vCons of the neighbour that are posted beside each attack.
const NEIGHBOURS: usize = 4;

/// How often each attack is made. The first time warms what the host keeps; what the second one leaves behind would be a leak.
const ROUNDS: usize = 2;

/// How much more memory the host may hold after the second round of all attacks than after the first. A quarter of what a single
/// memory bomb may take; measured, it is 0 to 6 MiB.
const MARGIN_KIB: u64 = 32 * 1024;

/// One case on its way through a host.
struct Attempt<'a> {
    case: &'a Case,
    id: String,
}

fn config(cases: &[Case], components: &std::path::Path, server: &Server) -> String {
    let mut links = json!({"neighbour": {"module": "links.tag", "options": {"tags": ["seen"]}}});
    let mut chains = json!({"neighbour": chain("neighbour", "neighbour")});
    for case in cases {
        links[&case.name] = case.link(components, server);
        chains[&case.name] = chain(&case.name, &case.name);
    }
    json!({"links": links, "chains": chains}).to_string()
}

fn chain(link: &str, name: &str) -> Value {
    json!({"links": [link], "ingress_lists": [name], "egress_lists": [format!("{name}_out")]})
}

/// Posts a vCon to each attack, and others to the neighbour in between; waits until all of them are where they belong.
async fn round<'a>(host: &Host, cases: &'a [Case], neighbours: &mut u64) -> Vec<Attempt<'a>> {
    let mut attempts = Vec::new();
    for case in cases {
        let mut vcons = samples::many(1 + NEIGHBOURS).into_iter();
        let (id, text) = vcons.next().expect("a vCon");
        host.post_vcon(&text, &case.name).await;
        for (_, text) in vcons {
            host.post_vcon(&text, "neighbour").await;
            *neighbours += 1;
        }
        attempts.push(Attempt { case, id });
    }
    eventually("the neighbour delivered all of its vCons", SOON, async || {
        (host.depth("neighbour_out").await == *neighbours).then_some(())
    })
    .await;
    for attempt in &attempts {
        ended(host, attempt).await;
    }
    attempts
}

async fn ended(host: &Host, attempt: &Attempt<'_>) {
    let name = &attempt.case.name;
    let what = format!("the vCon of {name} is {:?}", attempt.case.ends);
    eventually(&what, SOON, async || {
        let there = match attempt.case.ends {
            Ends::DeadLetter => host.dead_letters(name).await.contains(&attempt.id),
            Ends::Out => host.depth(&format!("{name}_out")).await > 0 && host.depth(name).await == 0,
            Ends::Refused => true,
        };
        there.then_some(())
    })
    .await;
}

/// The record of a dead letter holds the right class and words.
fn check_record(redis: &RedisServer, attempt: &Attempt<'_>, server: &Server) {
    let Attempt { case, id } = attempt;
    if case.ends != Ends::DeadLetter {
        return;
    }
    let record: String = redis
        .connect()
        .hget(format!("vconduit:dead:{{{}}}", case.name), id)
        .unwrap_or_else(|error| panic!("{} left no record: {error}", case.name));
    let record: Value = serde_json::from_str(&record).expect("a record is JSON");
    let message = record["message"].as_str().unwrap_or_default();
    assert!(message.contains(&server.fill(&case.error)), "{}: {record}", case.name);
    assert_eq!(record["class"], case.class.as_str(), "{}: {record}", case.name);
    assert_eq!(record["link"], case.name.as_str(), "{record}");
}

/// The log says about a case what it should, and not too much.
fn check_log(host: &Host, case: &Case, server: &Server) {
    let lines: Vec<Value> = host
        .log()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["link"] == case.name.as_str())
        .collect();
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    for words in &case.log {
        let words = server.fill(words);
        assert!(
            messages.iter().any(|message| message.contains(&words)),
            "{}: nothing says {words:?} in {messages:#?}",
            case.name
        );
    }
    let bytes: usize = messages.iter().map(|message| message.len()).sum();
    assert!(
        bytes <= case.log_bytes_at_most * ROUNDS,
        "{} wrote {bytes} bytes to the log",
        case.name
    );
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the host runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("VmRSS")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_attack_is_contained_and_told_while_its_neighbour_goes_on() {
    let cases: Vec<Case> = cases::all()
        .into_iter()
        .filter(|case| case.ends != Ends::Refused)
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (redis, server) = (RedisServer::start(), Server::start().await);
    let mut host = Host::with(config(&cases, folder.path(), &server))
        .redis(&redis)
        .env("VCONDUIT_SECRET_HOSTILE_KEY", SECRET)
        .spawn();
    // Each component is compiled in turn, once for all tests of a build.
    eventually("the host is ready", SOON * 3, async || {
        let answer = host.client().get(host.url("/ready")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
    })
    .await;
    let pid = host.pid().expect("a running host");

    let mut neighbours = 0;
    let mut attempts = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..ROUNDS {
        attempts.extend(round(&host, &cases, &mut neighbours).await);
        resident.push(resident_kib(pid));
    }
    println!("resident after each round, KiB: {resident:?}");

    for attempt in &attempts {
        check_record(&redis, attempt, &server);
    }
    for case in &cases {
        check_log(&host, case, &server);
    }
    assert!(
        host.dead_letters("neighbour").await.is_empty(),
        "a vCon of the neighbour failed"
    );
    assert_eq!(
        server.strangers(),
        Vec::<String>::new(),
        "a request went where it should not"
    );
    assert!(!host.log().contains(SECRET), "the secret is in the log");
    assert!(!host.log().contains('\u{1b}'), "the log holds an escape sequence");
    assert!(!server.heard().contains(SECRET), "the secret left the host");
    assert!(
        resident[1] <= resident[0] + MARGIN_KIB,
        "the attacks left memory behind: {resident:?} KiB"
    );
    let (_, code) = host.terminate().await;
    assert_eq!(
        code,
        Some(0),
        "the host did not live through the attacks:\n{}",
        host.log()
    );
}
