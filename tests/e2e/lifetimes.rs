//! Lifetimes and deletions: a vCon does not expire while work is left for it, and a vCon that was
//! deleted stays deleted.

use std::time::Duration;

use serde_json::json;
use vconduit_harness::components::example_file;
use vconduit_harness::{Host, HostBuilder, Receiver, RedisServer, SOON, eventually, samples};

use super::faults::copy_in;

/// Lifetime of documents in these tests. Every test leaves a vCon waiting for longer.
const LIFETIME_S: &str = "2";
const LONGER: Duration = Duration::from_secs(3);

fn host_with(config: &serde_json::Value, redis: Option<&RedisServer>) -> HostBuilder {
    Host::with(config.to_string())
        .on(redis)
        .env("VCON_REDIS_EXPIRY", LIFETIME_S)
}

async fn posted(host: &Host, lists: &[&str]) -> String {
    let (id, text) = samples::many(1).remove(0);
    let lists: Vec<String> = lists.iter().map(|list| format!("ingress_lists={list}")).collect();
    let (status, body) = host.post(&format!("/vcon?{}", lists.join("&")), text).await;
    assert_eq!(status, 201, "{body}");
    id
}

fn tags() -> serde_json::Value {
    json!({
        "tag": {"module": "links.tag", "options": {"tags": ["seen"]}},
        "slow": {"module": "links.delay", "options": {"seconds": 1}},
    })
}

#[tokio::test]
async fn a_vcon_waits_behind_a_disabled_chain_and_a_restart() {
    for redis in [None, Some(RedisServer::start())] {
        let config = |enabled: u8| {
            json!({"links": tags(), "chains": {
                "main": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"], "enabled": enabled},
            }})
        };
        let mut host = host_with(&config(0), redis.as_ref()).start().await;
        let id = posted(&host, &["in"]).await;
        host.kill();
        tokio::time::sleep(LONGER).await;
        std::fs::write(host.folder().join("vconduit.yml"), config(1).to_string()).expect("the configuration");
        host.spawn_again();
        host.until_ready().await;
        host.until_depth("out", 1).await;
        let vcon = host.vcon(&id).await.expect("the vCon");
        assert_eq!(samples::tags_of(&vcon), [r#"["seen:seen"]"#], "it was not worked on");
    }
}

#[tokio::test]
async fn a_backlog_loses_no_vcon_to_time_and_finished_ones_expire() {
    let config = json!({"links": tags(), "chains": {
        "main": {"links": ["slow", "tag"], "ingress_lists": ["in"], "egress_lists": ["out"]},
    }});
    let host = host_with(&config, None)
        .env("CONSERVER_VCON_CONCURRENCY", "1")
        .start()
        .await;
    let mut last = String::new();
    for _ in 0..4 {
        last = posted(&host, &["in"]).await;
    }
    host.until_depth("out", 4).await;
    assert!(host.vcon(&last).await.is_some(), "the last one has just been finished");
    assert!(host.dead_letters("in").await.is_empty(), "one was lost to time");
    eventually("the finished vCon expires", SOON, async || {
        host.vcon(&last).await.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_parked_vcon_and_one_of_two_chains_outlive_their_lifetime() {
    for redis in [None, Some(RedisServer::start())] {
        let person = json!({
            "component": example_file("noisy"),
            "options": {"act": "hand_off"},
            "grants": {"queues": ["people"]},
        });
        let mut links = tags();
        links["person"] = person;
        let config = json!({"links": links, "chains": {
            "main": {"links": ["person", "tag"], "ingress_lists": ["in"], "egress_lists": ["out"]},
            "fast": {"links": ["tag"], "ingress_lists": ["fast"], "egress_lists": ["fast_out"]},
        }});
        let host = host_with(&config, redis.as_ref()).start().await;
        let id = posted(&host, &["in", "fast"]).await;
        host.until_depth("people", 1).await;
        host.until_depth("fast_out", 1).await;
        tokio::time::sleep(LONGER).await;
        assert!(host.vcon(&id).await.is_some(), "the parked vCon has expired");
        let back = json!([id]).to_string();
        let (status, body) = host.post("/vcon/ingress?ingress_list=resume:in", back).await;
        assert!(status < 300, "{status} {body}");
        host.until_depth("out", 1).await;
        let vcon = host.vcon(&id).await.expect("the vCon");
        assert_eq!(samples::tags_of(&vcon), [r#"["seen:seen", "seen:seen"]"#]);
    }
}

#[tokio::test]
async fn an_entry_without_a_vcon_is_a_dead_letter() {
    let config = json!({"links": tags(), "chains": {
        "main": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"]},
        "plain": {"links": [], "ingress_lists": ["plain"], "egress_lists": ["out"]},
    }});
    let redis = RedisServer::start();
    let host = host_with(&config, Some(&redis)).start().await;
    let id = "0190c1f2-0000-8000-8000-00000000dead";
    for list in ["in", "plain"] {
        redis.push(list, id);
        host.until_dead_letter(list, id).await;
        let letters = host.admin_ok("GET", &format!("/dlq/{list}"), None).await;
        assert_eq!(letters["dead_letters"][0]["record"]["class"], "missing", "{letters}");
    }
    assert_eq!(host.depth("out").await, 0);
}

#[tokio::test]
async fn a_vcon_that_is_deleted_while_it_waits_goes_nowhere() {
    let config = |enabled: u8| {
        json!({"links": tags(), "chains": {
            "main": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"], "enabled": enabled},
        }})
    };
    for redis in [None, Some(RedisServer::start())] {
        let mut host = host_with(&config(0), redis.as_ref()).start().await;
        let id = posted(&host, &["in"]).await;
        host.delete_vcon(&id).await;
        host.kill();
        std::fs::write(host.folder().join("vconduit.yml"), config(1).to_string()).expect("the configuration");
        host.spawn_again();
        host.until_ready().await;
        host.until_idle("in").await;
        assert_eq!(host.depth("out").await, 0, "the id of a deleted vCon was sent on");
        assert!(host.dead_letters("in").await.is_empty(), "a deletion is no failure");
    }
}

/// Above the mark new vCons are refused, and the chains make room with the memory that is left.
#[tokio::test]
async fn a_store_that_fills_up_refuses_new_vcons_and_works_on() {
    let redis = RedisServer::start();
    let _: () = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory", "40mb"])
        .query(&mut redis.connect())
        .expect("CONFIG SET");
    let config = |enabled: u8| {
        json!({"links": tags(), "chains": {
            "main": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"], "enabled": enabled},
        }})
    };
    let host = host_with(&config(0), Some(&redis)).start().await;
    let (_, text) = samples::many(1).remove(0);
    let large = |number: u32| {
        let mut vcon: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        vcon["uuid"] = json!(format!("0190c1f2-0000-8000-8000-{number:012}"));
        vcon["subject"] = json!("x".repeat(500_000));
        vcon.to_string()
    };
    let mut accepted = 0;
    let refused = loop {
        let (status, body) = host.post("/vcon?ingress_lists=in", large(accepted)).await;
        if status != 201 {
            break (status, body);
        }
        accepted += 1;
        assert!(accepted < 200, "the memory does not fill up");
        // Slower than the host looks at the store.
        tokio::time::sleep(Duration::from_millis(150)).await;
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert!(refused.1.contains("of its memory in use"), "{}", refused.1);
    let (status, body) = host.post("/config", config(1).to_string()).await;
    assert_eq!(status, 204, "{body}");
    host.until_depth("out", u64::from(accepted)).await;
    assert!(host.dead_letters("in").await.is_empty());
    eventually("new vCons are accepted again", SOON, async || {
        let (status, _) = host.post("/vcon?ingress_lists=in", large(accepted)).await;
        (status == 201).then_some(())
    })
    .await;
}

/// The deletion comes while a storage is busy: another one has a copy already.
#[tokio::test]
async fn a_deletion_while_a_vcon_is_saved_removes_the_copies() {
    for redis in [None, Some(RedisServer::start())] {
        let receiver = Receiver::start().await;
        for status in [503, 503, 200] {
            receiver.answer(status, "{}");
        }
        let config = json!({
            "links": tags(),
            "storages": {
                "files": {"module": "storage.file", "options": {"path": "./stored"}},
                "hook": {"module": "storage.webhook", "options": {"webhook-urls": [receiver.url()]}},
            },
            "chains": {"main": {
                "links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"], "storages": ["files", "hook"],
            }},
        });
        let host = host_with(&config, redis.as_ref()).start().await;
        let id = posted(&host, &["in"]).await;
        eventually("the second storage is called", SOON, async || {
            (!receiver.received().is_empty()).then_some(())
        })
        .await;
        host.delete_vcon(&id).await;
        host.until_idle("in").await;
        assert_eq!(host.depth("out").await, 0, "the id of a deleted vCon was sent on");
        let stored = host.folder().join("data/stored");
        let copy = stored.is_dir().then(|| copy_in(&stored, &id)).flatten();
        assert_eq!(copy, None, "a copy of a deleted vCon stays");
        assert!(host.vcon(&id).await.is_none(), "the deleted vCon is back");
        assert!(host.dead_letters("in").await.is_empty(), "a deletion is no failure");
    }
}
