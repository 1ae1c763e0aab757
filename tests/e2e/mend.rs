//! Work of operators: dead letters, claims, trails of vCons, hosts, events.

use futures::StreamExt as _;
use serde_json::{Value, json};
use vconduit_base::names::Digest;
use vconduit_config::{Settings, store_copy};
use vconduit_harness::{Host, Receiver, RedisServer, SOON, eventually, samples};
use vconduit_standard_links::standard;
use vconduit_store::redis::{RedisStore, RedisStoreOptions};
use vconduit_store::{ComponentStore as _, ConfigStore as _};

/// Returns a configuration with a link that always fails. JSON is valid YAML.
fn config(webhook: &str) -> String {
    with_link(
        webhook,
        &json!({"module": "links.sampler", "options": {"method": "none"}}),
    )
}

/// Returns the same configuration with another link in place of the failing one.
fn with_link(webhook: &str, broken: &Value) -> String {
    json!({
        "links": {
            "tag": {"module": "links.tag", "options": {"tags": ["seen"]}},
            "broken": broken,
            "hook": {"module": "links.webhook", "options": {"webhook-urls": [webhook]}},
            "slow": {"module": "links.delay", "options": {"seconds": 6}},
        },
        "chains": {
            "main": {"links": ["tag", "hook", "broken"], "ingress_lists": ["in"], "egress_lists": ["out"]},
            "broken": {"links": ["broken"], "ingress_lists": ["b/1 x"], "egress_lists": ["broken_out"]},
            "slow": {"links": ["slow", "tag"], "ingress_lists": ["slow"], "egress_lists": ["slow_out"]},
        },
    })
    .to_string()
}

/// Returns the ends of the runs of a vCon, oldest first.
fn endings(whereabouts: &Value) -> Vec<&str> {
    let trail = whereabouts["trail"].as_array().map(Vec::as_slice).unwrap_or_default();
    trail.iter().filter_map(|entry| entry["ended"].as_str()).collect()
}

/// Returns the links that ran, in order, with the outcome of each.
fn links(whereabouts: &Value) -> Vec<(&str, &str)> {
    let trail = whereabouts["trail"].as_array().into_iter().flatten();
    let links = trail.flat_map(|entry| entry["links"].as_array().into_iter().flatten());
    links
        .filter_map(|link| Some((link["link"].as_str()?, link["outcome"].as_str()?)))
        .collect()
}

async fn a_dead_letter_is_seen_tried_again_and_dropped(host: &Host, receiver: &Receiver) {
    let mut vcons = samples::many(2);
    for (id, text) in &vcons {
        host.post_vcon(text, "in").await;
        eventually("it is a dead letter", SOON, async || {
            host.dead_letters("in").await.contains(id).then_some(())
        })
        .await;
    }
    let ((dropped, _), (retried, _)) = (vcons.remove(0), vcons.remove(0));
    let letters = host.admin_ok("GET", "/dlq/in", None).await;
    assert_eq!(letters["total"], 2);
    let record = &letters["dead_letters"][1]["record"];
    assert_eq!((&record["link"], &record["chain"]), (&json!("broken"), &json!("main")));
    let found = host.admin_ok("GET", &format!("/where/{retried}"), None).await;
    let place = &found["places"][0];
    assert_eq!(
        (&place["place"], &place["list"], &place["position"], &place["record"]),
        (&json!("dead-letter"), &json!("DLQ:in"), &json!(1), record)
    );
    // The webhook sends a request, so there was a checkpoint before it. Each link is in the trail
    // once.
    assert_eq!(endings(&found), ["checkpoint", "failed"], "{found}");
    assert_eq!(
        links(&found),
        [("tag", "next"), ("hook", "next"), ("broken", "failed")],
        "{found}"
    );
    assert_eq!(found["trail"][1]["class"], record["class"]);

    mend_the_link(host, receiver).await;
    let (status, body) = host.admin("POST", &format!("/dlq/in/{retried}/retry"), None).await;
    assert_eq!(status, 200, "{body}");
    host.until_depth("out", 1).await;
    let (status, body) = host.admin("DELETE", &format!("/dlq/in/{dropped}"), None).await;
    assert_eq!(status, 204, "{body}");
    assert!(host.dead_letters("in").await.is_empty());
    assert!(
        host.vcon(&dropped).await.is_some(),
        "the document went with its dead letter"
    );

    ran_to_the_end(host, &retried).await;
}

/// Replaces the link that fails, and waits until the host works with the new one.
async fn mend_the_link(host: &Host, receiver: &Receiver) {
    let revision = host.admin_ok("GET", "/hosts", None).await["hosts"][0]["revision"].clone();
    let mended = with_link(&receiver.url(), &json!({"module": "links.tag"}));
    std::fs::write(host.folder().join("vconduit.yml"), mended).expect("the file");
    eventually("the link is mended", SOON, async || {
        let now = host.admin_ok("GET", "/hosts", None).await["hosts"][0]["revision"].clone();
        (now != revision).then_some(())
    })
    .await;
}

/// Checks the trail of a vCon that failed once and reached the end after a retry.
async fn ran_to_the_end(host: &Host, retried: &str) {
    let found = host.admin_ok("GET", &format!("/where/{retried}"), None).await;
    assert_eq!(
        endings(&found),
        ["checkpoint", "failed", "checkpoint", "finished"],
        "{found}"
    );
    assert_eq!(found["trail"][3]["lists"], json!(["out"]));
    let all = links(&found);
    assert_eq!(
        all.get(3..),
        Some([("tag", "next"), ("hook", "next"), ("broken", "next")].as_slice()),
        "{found}"
    );
    assert_eq!(found["places"][0]["list"], "out");
    let audit = host.admin_ok("GET", "/audit", None).await;
    let actions: Vec<&Value> = audit["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(actions, ["dead_letter.drop", "dead_letter.retry"]);
}

#[tokio::test]
async fn a_dead_letter_is_mended_on_redis() {
    let (redis, receiver) = (RedisServer::start(), Receiver::start().await);
    let host = Host::with(config(&receiver.url())).redis(&redis).start().await;
    a_dead_letter_is_seen_tried_again_and_dropped(&host, &receiver).await;
}

#[tokio::test]
async fn a_dead_letter_is_mended_on_the_embedded_store() {
    let receiver = Receiver::start().await;
    let host = Host::with(config(&receiver.url())).start().await;
    a_dead_letter_is_seen_tried_again_and_dropped(&host, &receiver).await;
}

/// Records an uploaded version of a link that is not active.
async fn has_version(store: &RedisStore, link: &str, digest: &Digest) {
    let version = json!({"digest": digest, "at_ms": 1, "by": "test", "size_bytes": 1});
    let record = json!({"active": null, "versions": [version]});
    let record = serde_json::from_value(record).expect("a record");
    let (revision, entries) = store.load_config().await.expect("a configuration");
    let entries = store_copy::with_record(&entries, link, &record);
    let saved = store.save_config(&entries, Some(revision), None).await;
    saved.expect("it is saved").expect("nobody else saves");
}

#[tokio::test]
async fn a_dead_letter_can_be_tried_with_a_version_that_is_not_active() {
    let redis = RedisServer::start();
    let host = Host::with(config("http://127.0.0.1:9")).redis(&redis).start().await;
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "b/1 x").await;
    host.until_dead_letter("b/1 x", &id).await;
    // The component of another standard link is used as the uploaded version.
    let tag = standard()
        .find(|standard| standard.name == "tag")
        .expect("the link tag");
    let digest = Digest::of(tag.bytes);
    let retry = format!("/dlq/b%2F1%20x/{id}/retry");
    let body = json!({"versions": {"broken": digest}});
    assert_eq!(
        host.admin("POST", &retry, Some(&body)).await.0,
        409,
        "it is not in the store yet"
    );
    let lifetimes = Settings::from_env(&|_| None).expect("defaults").lifetimes;
    let store = RedisStore::connect(&redis.url(), RedisStoreOptions::new(lifetimes))
        .await
        .expect("the store");
    let bytes = bytes::Bytes::from_static(tag.bytes);
    store.keep_component(&digest, bytes, "{}").await.expect("it is kept");
    has_version(&store, "broken", &digest).await;
    let (status, answer) = host.admin("POST", &retry, Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
    host.until_depth("broken_out", 1).await;
    let found = host.admin_ok("GET", &format!("/where/{id}"), None).await;
    let last = found["trail"]
        .as_array()
        .and_then(|trail| trail.last())
        .expect("an entry");
    let link = &last["links"][0];
    assert_eq!(
        (&link["link"], &link["version"]),
        (&json!("broken"), &json!(digest)),
        "{found}"
    );
    // Without a requested version, the active one is used again.
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "b/1 x").await;
    host.until_dead_letter("b/1 x", &id).await;
}

#[tokio::test]
async fn a_run_that_is_taken_away_ends_on_another_host_exactly_once() {
    let redis = RedisServer::start();
    let host = || Host::with(config("http://127.0.0.1:9")).redis(&redis);
    // Each host has a concurrency of one, which the sleeping link uses: the other host gets the run
    // that is taken away.
    let alone = || host().env("CONSERVER_VCON_CONCURRENCY", "1");
    let (first, second) = (alone().start().await, alone().start().await);
    let (id, text) = samples::many(1).remove(0);
    first.post_vcon(&text, "slow").await;
    let claim = first.until_claim("slow", None).await;
    assert_eq!(claim["vcon"], json!(id));
    let path = format!("/claims/{}/requeue", claim["id"].as_str().expect("an id"));
    let (status, body) = second.admin("POST", &path, None).await;
    assert_eq!((status, &body["host"]), (200, &claim["host"]), "{body}");
    let other = second.until_claim("slow", claim["id"].as_str()).await;
    assert_ne!(other["host"], claim["host"], "the same host has it again");
    assert_eq!(second.admin("POST", &path, None).await.0, 404, "the old claim is over");
    eventually("the host that had it notices", SOON, async || {
        let logs = first.log() + &second.log();
        logs.contains("the lease was lost").then_some(())
    })
    .await;
    second.until_depth("slow_out", 1).await;
    assert_eq!(redis.list("slow_out"), std::slice::from_ref(&id));
    let found = first.admin_ok("GET", &format!("/where/{id}"), None).await;
    assert_eq!(endings(&found), ["finished"], "{found}");
    assert_eq!(found["trail"][0]["host"], other["host"]);
    assert!(first.dead_letters("slow").await.is_empty());
}

#[tokio::test]
async fn a_run_that_is_taken_away_ends_exactly_once_on_the_embedded_store() {
    let host = Host::with(config("http://127.0.0.1:9")).start().await;
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "slow").await;
    let claim = host.until_claim("slow", None).await;
    let path = format!("/claims/{}/requeue", claim["id"].as_str().expect("an id"));
    assert_eq!(host.admin("POST", &path, None).await.0, 200);
    host.until_claim("slow", claim["id"].as_str()).await;
    eventually("the first run notices", SOON, async || {
        host.log().contains("the lease was lost").then_some(())
    })
    .await;
    host.until_depth("slow_out", 1).await;
    let found = host.admin_ok("GET", &format!("/where/{id}"), None).await;
    assert_eq!(endings(&found), ["finished"], "{found}");
    let lists = host.admin_ok("GET", "/lists", None).await;
    let rows = lists["lists"].as_array().expect("lists");
    let slow = rows.iter().find(|row| row["name"] == "slow").expect("the list");
    assert_eq!((&slow["depth"], &slow["claims"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn hosts_see_each_other_come_change_and_go() {
    let redis = RedisServer::start();
    let host = || Host::with(config("http://127.0.0.1:9")).redis(&redis);
    let (first, mut second) = (host().start().await, host().start().await);
    let both = eventually("both are there", SOON, async || {
        let hosts = first.admin_ok("GET", "/hosts", None).await["hosts"].clone();
        (hosts.as_array().map(Vec::len) == Some(2)).then_some(hosts)
    })
    .await;
    assert_eq!(both[0]["links"], both[1]["links"]);
    assert!(both[0]["links"]["tag"].is_string(), "{both}");
    let old = [both[0]["revision"].clone(), both[1]["revision"].clone()];
    assert!(old[0].is_u64(), "{both}");
    let changed = config("http://127.0.0.1:10");
    std::fs::write(first.folder().join("vconduit.yml"), changed).expect("the file");
    eventually("both work on the newer configuration", SOON, async || {
        let hosts = second.admin_ok("GET", "/hosts", None).await["hosts"].clone();
        let newer = |host: &Value| !old.contains(&host["revision"]);
        hosts
            .as_array()
            .is_some_and(|hosts| hosts.len() == 2 && hosts.iter().all(newer))
            .then_some(())
    })
    .await;
    second.terminate().await;
    let left = first.admin_ok("GET", "/hosts", None).await;
    assert_eq!(
        left["hosts"].as_array().map(Vec::len),
        Some(1),
        "a host that stopped is still there: {left}"
    );
}

#[tokio::test]
async fn events_of_one_host_are_heard_on_another_until_that_one_stops() {
    let redis = RedisServer::start();
    let receiver = Receiver::start().await;
    let host = || Host::with(config(&receiver.url())).redis(&redis);
    let worker = host().start().await;
    let mut listened_on = host().roles("api").start().await;
    let url = listened_on.url("/admin/v1/events?types=vcon,host.started");
    let answer = listened_on.client().get(url).send().await.expect("a response");
    let mut body = answer.bytes_stream();
    let mut heard = String::new();
    let (id, text) = samples::many(1).remove(0);
    hear(&mut body, &mut heard, "every host tells").await;
    worker.post_vcon(&text, "in").await;
    hear(&mut body, &mut heard, "vcon.failed\",").await;
    for name in ["vcon.claimed", "vcon.failed"] {
        let line = heard
            .lines()
            .find(|line| line.starts_with("data:") && line.contains(name));
        let line = line.unwrap_or_else(|| panic!("{name} was not heard: {heard}"));
        let event: Value = serde_json::from_str(line.trim_start_matches("data:")).expect("JSON");
        assert_eq!(
            (&event["vcon"], &event["list"], &event["chain"]),
            (&json!(id), &json!("in"), &json!("main"))
        );
    }
    let ending = tokio::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    let (took, code) = listened_on.terminate().await;
    assert_eq!(code, Some(0), "after {took:?}: {}", listened_on.log());
    assert!(
        !listened_on.log().contains("connections were still open"),
        "the stream held up the stop"
    );
    tokio::time::timeout(SOON, ending)
        .await
        .expect("the stream ends")
        .expect("no panic");
}

#[tokio::test]
async fn an_entry_whose_worker_dies_is_reported_and_continues() {
    let redis = RedisServer::start();
    let host = || {
        Host::with(config("http://127.0.0.1:9"))
            .redis(&redis)
            .env("VCONDUIT_LEASE_MS", "1000")
    };
    let mut hosts = vec![host().start().await, host().start().await];
    let (id, text) = samples::many(1).remove(0);
    hosts[0].post_vcon(&text, "slow").await;
    let claim = hosts[0].until_claim("slow", None).await;
    let known = hosts[0].admin_ok("GET", "/hosts", None).await;
    let mut known = known["hosts"].as_array().expect("hosts").iter();
    let holder = known.find(|known| known["id"] == claim["host"]);
    let holder = holder.expect("the host that has it")["address"]
        .as_str()
        .expect("an address");
    let at = hosts.iter().position(|host| host.url("").ends_with(holder));
    let mut holder = hosts.remove(at.expect("one of the two"));
    let other = hosts.remove(0);
    let url = other.url("/admin/v1/events?types=vcon");
    let answer = other.client().get(url).send().await.expect("a response");
    let (mut body, mut heard) = (answer.bytes_stream(), String::new());
    hear(&mut body, &mut heard, "every host tells").await;
    holder.kill();
    for name in ["vcon.returned", "vcon.claimed", "vcon.finished"] {
        hear(&mut body, &mut heard, &format!("{name}\",")).await;
    }
    assert!(heard.contains(&id), "{heard}");
    other.until_depth("slow_out", 1).await;
}

async fn hear<B, E>(body: &mut (impl futures::Stream<Item = Result<B, E>> + Unpin), heard: &mut String, text: &str)
where
    B: AsRef<[u8]>,
    E: std::fmt::Debug,
{
    let hearing = async {
        while !heard.contains(text) {
            let bytes = body.next().await.expect("the stream goes on").expect("it can be read");
            heard.push_str(&String::from_utf8_lossy(bytes.as_ref()));
        }
    };
    tokio::time::timeout(SOON, hearing).await.expect("it is heard");
}
