//! A chain that is edited while one of its runs is parked, or while its host is down: no link is
//! skipped and none runs twice.

use serde_json::{Value, json};
use vconduit_harness::components::example_file;
use vconduit_harness::{Host, HostBuilder, Receiver, RedisServer, SOON, eventually, samples};

/// Returns a chain of some of these links: three taggers, a webhook, a pause and a hand-off. JSON
/// is valid YAML.
fn config(chain: &[&str], webhook: &str, pause_s: u32) -> String {
    let tagger = |tag: &str| json!({"module": "links.tag", "options": {"tags": [tag]}});
    let hand_off = json!({
        "component": example_file("noisy"),
        "options": {"act": "hand_off"},
        "grants": {"queues": ["people"]},
    });
    json!({
        "links": {
            "early": tagger("early"),
            "late": tagger("late"),
            "last": tagger("last"),
            "hook": {"module": "links.webhook", "options": {"webhook-urls": [webhook]}},
            "pause": {"module": "links.delay", "options": {"seconds": pause_s}},
            "person": hand_off,
        },
        "chains": {"main": {"links": chain, "ingress_lists": ["in"], "egress_lists": ["out"]}},
    })
    .to_string()
}

/// Returns the tags of a vCon, in order.
async fn tags(host: &Host, id: &str) -> Vec<String> {
    let vcon = host.vcon(id).await.expect("the vCon is in the store");
    let attachments = vcon["attachments"].as_array().cloned().unwrap_or_default();
    let tags = attachments.iter().find(|attachment| attachment["purpose"] == "tags");
    let body = tags.and_then(|tags| tags["body"].as_str()).unwrap_or("[]");
    serde_json::from_str(body).expect("tags are a list of texts")
}

/// Returns the error record of the only dead letter of `in`.
async fn dead_letter(host: &Host, id: &str) -> Value {
    host.until_dead_letter("in", id).await;
    host.admin_ok("GET", "/dlq/in", None).await["dead_letters"][0]["record"].clone()
}

/// Checks that a record names the missing link and the next step.
fn names_the_missing_link(record: &Value, link: &str, place: &str) {
    assert_eq!(
        (&record["class"], &record["link"], &record["chain"]),
        (&json!("chain-changed"), &json!(link), &json!("main")),
        "{record}"
    );
    let message = record["message"].as_str().unwrap_or_default();
    for part in [place, "retry"] {
        assert!(message.contains(part), "the message does not say {part:?}: {message}");
    }
}

async fn on_both(test: impl AsyncFn(&dyn Fn(String) -> HostBuilder)) {
    test(&|config| Host::with(config)).await;
    let redis = RedisServer::start();
    test(&|config| Host::with(config).redis(&redis)).await;
}

mod crashed {
    use super::*;

    /// Kills the host in `pause`, after the checkpoint that follows `hook`, and starts it again
    /// with another chain. Returns the position of the claim before.
    async fn edited(host: &mut Host, id: &str, text: &str, config: String) -> Value {
        host.post_vcon(text, "in").await;
        let claim = eventually("a checkpoint that leads to the third link", SOON, async || {
            let claim = host.admin_ok("GET", "/claims?list=in", None).await["claims"][0].clone();
            (claim["vcon"] == id && claim["next_link"] == 2).then_some(claim)
        })
        .await;
        host.kill();
        std::fs::write(host.folder().join("vconduit.yml"), config).expect("the file");
        host.spawn_again();
        host.until_ready().await;
        claim["next_place"].clone()
    }

    #[tokio::test]
    async fn a_crashed_run_continues_at_its_link_wherever_the_edited_chain_has_it() {
        on_both(async |builder| {
            let receiver = Receiver::start().await;
            let before = config(&["last", "hook", "pause", "late"], &receiver.url(), 60);
            let mut host = builder(before).env("VCONDUIT_LEASE_MS", "1000").start().await;
            let (id, text) = samples::many(1).remove(0);
            let chain = ["early", "last", "hook", "pause", "late"];
            let place = edited(&mut host, &id, &text, config(&chain, &receiver.url(), 0)).await;
            host.until_depth("out", 1).await;
            assert_eq!(receiver.received().len(), 1, "the link `hook` ran again");
            assert_eq!(
                tags(&host, &id).await,
                ["last:last", "late:late"],
                "the run has to go on at `pause`, and `early` stands before what has run"
            );
            assert_eq!(place, "pause#1", "a claim names the place in its chain");
        })
        .await;
    }

    #[tokio::test]
    async fn a_crashed_run_whose_next_link_was_removed_is_a_dead_letter_that_names_it() {
        on_both(async |builder| {
            let receiver = Receiver::start().await;
            let before = config(&["last", "hook", "pause", "late"], &receiver.url(), 60);
            let mut host = builder(before).env("VCONDUIT_LEASE_MS", "1000").start().await;
            let (id, text) = samples::many(1).remove(0);
            edited(
                &mut host,
                &id,
                &text,
                config(&["last", "hook", "late"], &receiver.url(), 0),
            )
            .await;
            names_the_missing_link(&dead_letter(&host, &id).await, "pause", "pause#1");
            assert_eq!(host.depth("out").await, 0, "the run went on without its link");
            assert_eq!(receiver.received().len(), 1, "the link `hook` ran again");
        })
        .await;
    }
}

mod parked {
    use super::*;

    /// Posts a vCon that is handed off, edits the chain, and returns the vCon.
    async fn edited(host: &Host, id: &str, text: &str, config: String) {
        host.post_vcon(text, "in").await;
        host.until_depth("people", 1).await;
        let revision = async || host.admin_ok("GET", "/hosts", None).await["hosts"][0]["revision"].clone();
        let before = revision().await;
        std::fs::write(host.folder().join("vconduit.yml"), config).expect("the file");
        eventually("the edited chain is active", SOON, async || {
            (revision().await != before).then_some(())
        })
        .await;
        let back = host
            .post("/vcon/ingress?ingress_list=resume:in", json!([id]).to_string())
            .await;
        assert_eq!(back.0, 204, "{}", back.1);
    }

    #[tokio::test]
    async fn a_parked_run_continues_at_its_link_wherever_the_edited_chain_has_it() {
        on_both(async |builder| {
            let unused = "http://127.0.0.1:9";
            let host = builder(config(&["person", "last"], unused, 0)).start().await;
            let (id, text) = samples::many(1).remove(0);
            let chain = ["early", "person", "late", "last"];
            edited(&host, &id, &text, config(&chain, unused, 0)).await;
            host.until_depth("out", 1).await;
            assert_eq!(
                host.depth("people").await,
                1,
                "the link that handed the vCon off ran again"
            );
            assert_eq!(
                tags(&host, &id).await,
                ["late:late", "last:last"],
                "links after the one that handed off have to run, one that was inserted among them too"
            );
        })
        .await;
    }

    #[tokio::test]
    async fn a_parked_run_whose_next_link_was_removed_is_a_dead_letter_that_names_it() {
        on_both(async |builder| {
            let unused = "http://127.0.0.1:9";
            let host = builder(config(&["person", "last", "late"], unused, 0)).start().await;
            let (id, text) = samples::many(1).remove(0);
            edited(&host, &id, &text, config(&["person", "late"], unused, 0)).await;
            names_the_missing_link(&dead_letter(&host, &id).await, "last", "last#1");
            assert_eq!(host.depth("out").await, 0, "the run went on without its link");
        })
        .await;
    }
}
