//! Hostile links in a real host: each attack is contained and reported, and no other chain notices
//! it.

mod cases;
mod mutation;
mod server;
mod upload;

use cases::{Case, Ends};
use serde_json::json;
use server::Server;
use vconduit_harness::{Host, RedisServer, SOON, chain_of, eventually, samples};

/// The secret that the attacks try to get.
const SECRET: &str = "hostile-s3cr3t";

/// Number of vCons of the neighbour chain that are posted with each attack.
const NEIGHBOURS: usize = 4;

/// Rounds of all attacks. The first two fill the caches of the host.
const ROUNDS: usize = 6;

/// Memory that the rounds after the second may add to the host: as much as one memory bomb may
/// take. Each round ends at 140 to 200 MiB, by chance: the allocator returns freed memory when it
/// likes. So the smallest of the later rounds counts. A leak adds to each of them.
const MARGIN_KIB: u64 = 32 * 1024;

/// One case during a run of the tests.
struct Attempt<'a> {
    case: &'a Case,
    id: String,
}

fn config(cases: &[Case], components: &std::path::Path, server: &Server) -> String {
    let mut links = json!({"neighbour": {"module": "links.tag", "options": {"tags": ["seen"]}}});
    let mut chains = json!({"neighbour": chain_of("neighbour", "neighbour")});
    for case in cases {
        links[&case.name] = case.link(components, server);
        chains[&case.name] = chain_of(&case.name, &case.name);
    }
    vconduit_harness::config(&links, &chains)
}

/// Posts a vCon to each attack, and others to the neighbour in between. Waits until all of them are
/// where they belong.
async fn round<'a>(host: &Host, redis: &RedisServer, cases: &'a [Case], neighbours: &mut u64) -> Vec<Attempt<'a>> {
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
        ended(redis, attempt).await;
    }
    attempts
}

/// Waits until the vCon of an attack is on the egress list or among the dead letters.
async fn ended(redis: &RedisServer, attempt: &Attempt<'_>) {
    let what = format!("the vCon of {} is at an end", attempt.case.name);
    eventually(&what, SOON, async || {
        [Ends::DeadLetter, Ends::Out]
            .iter()
            .any(|end| is_at(redis, attempt, *end))
            .then_some(())
    })
    .await;
}

fn is_at(redis: &RedisServer, attempt: &Attempt<'_>, end: Ends) -> bool {
    let name = &attempt.case.name;
    match end {
        Ends::DeadLetter => redis.list(&format!("DLQ:{name}")).contains(&attempt.id),
        Ends::Out => redis.list(&format!("{name}_out")).contains(&attempt.id),
        Ends::Refused => false,
    }
}

/// Returns differences from the expected end of an attack: the place of the vCon, and the class and
/// words of the record.
fn wrong_end(redis: &RedisServer, attempt: &Attempt<'_>, server: &Server) -> Option<String> {
    let Attempt { case, id } = attempt;
    let record = redis.record(&case.name, id).unwrap_or_default();
    let right = match case.ends {
        Ends::DeadLetter => {
            let message = record["message"].as_str().unwrap_or_default();
            let told = message.contains(&server.fill(&case.error)) && record["class"] == case.class.as_str();
            told && record["link"] == case.name.as_str()
        }
        Ends::Out | Ends::Refused => true,
    };
    (!right || !is_at(redis, attempt, case.ends)).then(|| format!("{}: {record}", case.name))
}

/// Returns differences from the expected log of an attack: missing words, or too many bytes.
fn wrong_log(host: &Host, case: &Case, server: &Server) -> Option<String> {
    let lines = host.log_of(&case.name);
    let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    let missing = case
        .log
        .iter()
        .map(|words| server.fill(words))
        .find(|words| !messages.iter().any(|message| message.contains(words)));
    if let Some(words) = missing {
        let last = messages.iter().rev().take(5).collect::<Vec<_>>();
        return Some(format!(
            "{}: nothing says {words:?}; the last lines: {last:#?}",
            case.name
        ));
    }
    let bytes: usize = messages.iter().map(|message| message.len()).sum();
    (bytes > case.log_bytes_at_most * ROUNDS).then(|| format!("{} wrote {bytes} bytes to the log", case.name))
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the host runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("VmRSS")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_attack_is_contained_and_reported_while_its_neighbour_continues() {
    let cases: Vec<Case> = cases::all()
        .into_iter()
        .filter(|case| case.ends != Ends::Refused)
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (redis, server) = (RedisServer::start(), Server::start().await);
    let mut host = Host::with(config(&cases, folder.path(), &server))
        .redis(&redis)
        .env("VCONDUIT_SECRET_HOSTILE_KEY", SECRET)
        .start()
        .await;
    let pid = host.pid().expect("a running host");

    let mut neighbours = 0;
    let mut attempts = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..ROUNDS {
        attempts.extend(round(&host, &redis, &cases, &mut neighbours).await);
        resident.push(resident_kib(pid));
    }
    println!("resident after each round, KiB: {resident:?}");

    let ends = attempts
        .iter()
        .filter_map(|attempt| wrong_end(&redis, attempt, &server));
    let logs = cases.iter().filter_map(|case| wrong_log(&host, case, &server));
    let wrong: Vec<String> = ends.chain(logs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        host.dead_letters("neighbour").await.is_empty(),
        "a vCon of the neighbour failed"
    );
    assert_eq!(
        server.foreign_hosts(),
        Vec::<String>::new(),
        "a request went where it should not"
    );
    assert!(!host.log().contains(SECRET), "the secret is in the log");
    assert!(!host.log().contains('\u{1b}'), "the log holds an escape sequence");
    assert!(!server.request_heads().contains(SECRET), "the secret left the host");
    let (early, late) = resident.split_at(2);
    assert!(
        late.iter().min() <= early.iter().max().map(|most| most + MARGIN_KIB).as_ref(),
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
