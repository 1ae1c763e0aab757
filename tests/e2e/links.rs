//! Links that are uploaded, tried, granted, activated and rolled back while hosts run.

use serde_json::{Value, json};
use vconduit_harness::components::{example, marked};
use vconduit_harness::{Host, Receiver, RedisServer, SOON, eventually, grant_of, samples};

/// A chain with one configured link, `mine`. Its tags distinguish the configured component from an
/// uploaded one.
fn config() -> String {
    json!({
        "links": {"mine": {"module": "links.tag", "options": {"tags": ["seen"]}}},
        "chains": {"main": {"links": ["mine"], "ingress_lists": ["in"], "egress_lists": ["out"]}},
    })
    .to_string()
}

fn digest(answer: &Value) -> String {
    answer["digest"]
        .as_str()
        .unwrap_or_else(|| panic!("no digest in {answer}"))
        .to_owned()
}

async fn uploaded(host: &Host, link: &str, component: Vec<u8>, how: &str) -> Value {
    let (status, answer) = host.upload(link, component, how).await;
    assert_eq!(status, 200, "the upload was answered with {answer}");
    answer
}

/// Returns the actions of the audit log, newest first.
fn actions(audit: &Value) -> Vec<&str> {
    let entries = audit["entries"].as_array().expect("entries");
    entries.iter().filter_map(|entry| entry["action"].as_str()).collect()
}

async fn active_on(host: &Host, link: &str) -> Value {
    host.admin_ok("GET", &format!("/links/{link}"), None).await["running"].clone()
}

#[tokio::test]
async fn a_version_goes_into_force_on_every_host_and_back() {
    let redis = RedisServer::start();
    let (first, second) = (
        Host::with(config()).redis(&redis).start().await,
        Host::with(config()).redis(&redis).start().await,
    );
    let built_in = active_on(&first, "mine").await;
    let (one, two) = (example("tag_transform"), marked(&example("tag_transform"), "two"));
    let answer = uploaded(&first, "mine", one.clone(), "note=first%20try").await;
    assert_eq!(
        (&answer["active"], &answer["existed"], &answer["held"], &answer["world"]),
        (&json!(false), &json!(false), &Value::Null, &json!("transform"))
    );
    assert_eq!(
        active_on(&second, "mine").await,
        built_in,
        "an upload alone changed what runs"
    );
    let again = uploaded(&second, "mine", one, "").await;
    assert_eq!((&again["existed"], digest(&again)), (&json!(true), digest(&answer)));

    let path = format!("/links/mine/versions/{}/activate", &digest(&answer)[..8]);
    let switched = second.admin_ok("POST", &path, None).await;
    assert_eq!(switched["confirmed"].as_array().map(Vec::len), Some(2), "{switched}");
    assert_eq!(switched["unconfirmed"], json!([]));
    for host in [&first, &second] {
        assert_eq!(
            active_on(host, "mine").await,
            json!(digest(&answer)),
            "a confirmed host runs something else"
        );
    }
    let other = uploaded(&first, "mine", two, "activate=true").await;
    assert_eq!(other["active"], json!(true));
    goes_back_twice(&first, &digest(&answer), &digest(&other)).await;
    assert_eq!(active_on(&second, "mine").await, built_in);
    let versions = second.admin_ok("GET", "/links/mine/versions", None).await;
    let version = &versions["versions"][1];
    assert_eq!(
        (&version["note"], &version["by"]),
        (&json!("first try"), &json!("local"))
    );
    let audit = second.admin_ok("GET", "/audit", None).await;
    assert_eq!(
        actions(&audit),
        [
            "link.rollback",
            "link.rollback",
            "link.activate",
            "link.upload",
            "link.activate",
            "link.upload"
        ],
        "{audit}"
    );
}

/// Rolls back from `other` to `first_uploaded`, then to the configured component, and no further.
async fn goes_back_twice(host: &Host, first_uploaded: &str, other: &str) {
    let back = host.admin_ok("POST", "/links/mine/rollback", None).await;
    assert_eq!(
        (&back["active"], &back["previous"]),
        (&json!(first_uploaded), &json!(other))
    );
    let back = host.admin_ok("POST", "/links/mine/rollback", None).await;
    assert_eq!(
        back["active"],
        Value::Null,
        "the configuration's own component was before"
    );
    let (status, problem) = host.admin("POST", "/links/mine/rollback", None).await;
    assert_eq!(
        (status, &problem["type"]),
        (409, &json!("urn:vconduit:problem:conflict"))
    );
}

#[tokio::test]
async fn nothing_is_lost_or_failed_while_versions_are_swapped_under_load() {
    const VCONS: usize = 400;
    const SWAPS: usize = 10;
    let redis = RedisServer::start();
    let host = Host::with(config()).redis(&redis).start().await;
    let other = Host::with(config()).redis(&redis).roles("worker").start().await;
    for mark in ["a", "b"] {
        uploaded(&host, "mine", marked(&example("tag_transform"), mark), "activate=true").await;
    }
    let posting = async {
        for (_, text) in samples::many(VCONS) {
            host.post_vcon(&text, "in").await;
        }
    };
    let swapping = async {
        let versions = host.admin_ok("GET", "/links/mine/versions", None).await;
        for number in 0..SWAPS {
            let digest = digest(&versions["versions"][number % 2]);
            host.admin_ok("POST", &format!("/links/mine/versions/{digest}/activate"), None)
                .await;
        }
    };
    tokio::join!(posting, swapping);
    host.until_depth("out", VCONS as u64).await;
    assert!(host.dead_letters("in").await.is_empty(), "a swap failed a vCon");
    let mut ids = redis.list("out");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), VCONS, "a vCon came out twice");
    drop(other);
}

#[tokio::test]
async fn a_version_that_needs_more_than_was_granted_is_held_until_somebody_decides() {
    let service = Receiver::start().await;
    service.answer(200, r#"{"topics": ["billing"]}"#);
    let host = Host::with(config()).start().await;
    let answer = uploaded(&host, "topics", example("keyword_tagger"), "activate=true").await;
    assert_eq!(
        (&answer["active"], &answer["capabilities"]),
        (&json!(false), &json!(["http"]))
    );
    assert!(
        answer["held"]
            .as_str()
            .is_some_and(|why| why.contains("http: it imports wasi:http")),
        "{answer}"
    );
    let path = format!("/links/topics/versions/{}/activate", digest(&answer));
    let (status, problem) = host.admin("POST", &path, None).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:vconduit:problem:held")));

    let bad = json!({"grants": {"http": ["http://x"]}});
    assert_eq!(host.admin("PUT", "/links/topics/grants", Some(&bad)).await.0, 422);
    let grants = grant_of(&service.url());
    host.admin_ok("PUT", "/links/topics/grants", Some(&json!({"grants": grants})))
        .await;
    host.admin_ok("POST", &path, None).await;
    let options = json!({"url": format!("{}/topics", service.url())});
    host.admin_ok("PUT", "/links/topics/options", Some(&options)).await;
    let wrong = host
        .admin("PUT", "/links/topics/options", Some(&json!({"url": 7})))
        .await;
    assert_eq!(
        (wrong.0, &wrong.1["type"]),
        (422, &json!("urn:vconduit:problem:cannot-run")),
        "{}",
        wrong.1
    );

    // A later version that needs no more than the grants of this one is not held.
    let later = uploaded(&host, "topics", marked(&example("keyword_tagger"), "later"), "").await;
    assert_eq!(later["held"], Value::Null, "{later}");

    let chain = json!({"links": ["topics"], "ingress_lists": ["t"], "egress_lists": ["t_out"]});
    host.admin_ok("PUT", "/chains/topics", Some(&chain)).await;
    let (id, text) = samples::said("about my bill", None);
    host.post_vcon(&text, "t").await;
    host.until_depth("t_out", 1).await;
    let vcon = host.vcon(&id).await.expect("the vCon");
    assert!(vcon["analysis"].to_string().contains("billing"), "{vcon}");
    can_be_deleted_only_without_a_chain(&host).await;
}

/// The link `topics`, which the chain `topics` uses.
async fn can_be_deleted_only_without_a_chain(host: &Host) {
    let (status, problem) = host.admin("DELETE", "/links/topics", None).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:vconduit:problem:in-use")));
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("the chain topics")),
        "{problem}"
    );
    host.admin_ok("DELETE", "/chains/topics", None).await;
    eventually("the link can be deleted", SOON, async || {
        (host.admin("DELETE", "/links/topics", None).await.0 == 200).then_some(())
    })
    .await;
    assert_eq!(host.admin("GET", "/links/topics", None).await.0, 404);
}

#[tokio::test]
async fn a_dry_run_shows_what_a_link_would_do_and_stores_nothing() {
    let host = Host::with(config()).start().await;
    let (id, text) = samples::many(1).remove(0);
    let vcon: Value = serde_json::from_str(&text).expect("JSON");
    let report = host
        .admin_ok("POST", "/links/mine/run", Some(&json!({"vcon": vcon})))
        .await;
    assert_eq!(report["outcome"]["kind"], json!("next"), "{report}");
    assert!(report["patch"].to_string().contains("seen:seen"), "{report}");
    assert!(report["usage"]["cpu_us"]["limit"].as_u64().is_some(), "{report}");
    assert_eq!(host.vcon(&id).await, None, "a dry run stored something");
    let answer = uploaded(&host, "other", example("tag_transform"), "").await;
    let given = json!({"vcon": vcon, "version": digest(&answer), "options": {"tags": ["tried"]}});
    let report = host.admin_ok("POST", "/links/other/run", Some(&given)).await;
    assert!(report["patch"].to_string().contains("tried:tried"), "{report}");
    host.post_vcon(&text, "in").await;
    host.until_depth("out", 1).await;
    host.admin_ok("POST", "/links/mine/run", Some(&json!({"uuid": id})))
        .await;
    for (body, status) in [
        (json!({}), 422),
        (json!({"uuid": "nowhere"}), 404),
        (json!({"vcon": {}}), 422),
        (json!({"vcon": vcon, "version": "abcdef12"}), 404),
        (json!({"vcon": vcon, "options": {"tags": "one"}}), 422),
    ] {
        let answer = host.admin("POST", "/links/mine/run", Some(&body)).await;
        assert_eq!(answer.0, status, "{body} was answered with {}", answer.1);
    }
}

#[tokio::test]
async fn each_check_of_an_upload_refuses_with_its_own_words() {
    let host = Host::with(config()).start().await;
    let good = example("tag_transform");
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped.truncate(middle);
    for (component, status, step, words) in [
        (Vec::new(), 415, "form", "empty"),
        (b"<!doctype html>".to_vec(), 415, "form", "a web page"),
        (b"\0asm\x01\0\0\0".to_vec(), 415, "form", "a core WebAssembly module"),
        (
            wat::parse_str("(component)").expect("WAT"),
            422,
            "world",
            "exports neither",
        ),
        (flipped, 422, "form", "damaged"),
        (vec![0; 65 << 20], 413, "size", "component_bytes"),
    ] {
        let (got, problem) = host.upload("bad", component, "").await;
        assert_eq!((got, &problem["step"]), (status, &json!(step)), "{problem}");
        assert!(
            problem["detail"].as_str().is_some_and(|text| text.contains(words)),
            "{problem}"
        );
    }
    assert_eq!(
        host.admin("GET", "/links/bad", None).await.0,
        404,
        "a refused upload left a link behind"
    );
    let (status, problem) = host.upload("a%20b", good, "").await;
    assert_eq!(status, 422, "{problem}");
    let (status, problem) = host
        .admin("POST", "/links/bad/versions", Some(&json!({"oci": "not a reference"})))
        .await;
    assert_eq!(status, 422, "{problem}");
}

#[tokio::test]
async fn the_active_version_and_chain_survive_a_kill() {
    let mut host = Host::with(config()).start().await;
    let answer = uploaded(&host, "mine", example("tag_transform"), "activate=true").await;
    let chain = json!({"links": ["mine"], "ingress_lists": ["in", "also"], "egress_lists": ["out"]});
    host.admin_ok("PUT", "/chains/main", Some(&chain)).await;
    for _ in 0..2 {
        host.kill();
        host.spawn_again();
        host.until_ready().await;
        assert_eq!(
            active_on(&host, "mine").await,
            json!(digest(&answer)),
            "the version is gone"
        );
        assert_eq!(
            host.admin_ok("GET", "/chains/main", None).await,
            chain,
            "the chain is gone"
        );
    }
    let component = host
        .client()
        .get(host.url(&format!("/admin/v1/links/mine/versions/{}/component", digest(&answer))));
    let bytes = component
        .send()
        .await
        .expect("a response")
        .bytes()
        .await
        .expect("bytes");
    assert!(bytes == example("tag_transform"), "the component came back changed");
}

#[tokio::test]
async fn resources_are_not_changed_over_a_change_that_was_not_seen() {
    let host = Host::with(config()).start().await;
    let url = host.url("/admin/v1/chains/main");
    let read = host.client().get(&url).send().await.expect("a response");
    let etag = read.headers()["etag"].to_str().expect("a tag").to_owned();
    let chain = |list: &str| json!({"links": ["mine"], "ingress_lists": [list], "egress_lists": ["out"]}).to_string();
    let put = async |list: &str, etag: &str| {
        let request = host
            .client()
            .put(&url)
            .header("if-match", etag)
            .header("content-type", "application/json");
        request
            .body(chain(list))
            .send()
            .await
            .expect("a response")
            .status()
            .as_u16()
    };
    assert_eq!(put("b", &etag).await, 200);
    assert_eq!(put("c", &etag).await, 412, "a lost update");
    let is = host.admin_ok("GET", "/chains/main", None).await;
    assert_eq!(is["ingress_lists"], json!(["b"]));

    let broken = json!({"links": ["gone", "lost"], "ingress_lists": 7});
    let (status, problem) = host.admin("PUT", "/chains/main", Some(&broken)).await;
    assert_eq!(status, 422);
    assert_eq!(
        problem["problems"].as_array().map(Vec::len),
        Some(3),
        "not every problem at once: {problem}"
    );
    assert_eq!(
        host.admin_ok("GET", "/chains/main", None).await,
        is,
        "a refused change was half applied"
    );
    let whole = json!({"chains": {"x": {"links": ["gone"], "ingress_lists": ["i"]}}});
    assert_eq!(host.admin("POST", "/config/validate", Some(&whole)).await.0, 422);
    let whole = json!({"chains": {"x": {"links": [], "ingress_lists": ["i"]}}});
    host.admin_ok("POST", "/config/validate", Some(&whole)).await;
    host.admin_ok("GET", "/chains/main", None).await;

    let storage = json!({"module": "storage.webhook", "options": {"url": "http://127.0.0.1:9/x", "headers": {"authorization": "Bearer s3cret"}}});
    host.admin_ok("PUT", "/storages/hook", Some(&storage)).await;
    let shown = host.admin_ok("GET", "/storages/hook", None).await.to_string();
    assert!(!shown.contains("s3cret"), "a secret was shown: {shown}");
    assert!(
        !host
            .admin_ok("GET", "/audit", None)
            .await
            .to_string()
            .contains("s3cret"),
        "a secret is in the audit log"
    );
    assert!(!host.log().contains("s3cret"), "a secret is in the log");
    host.admin_ok("DELETE", "/storages/hook", None).await;
    assert_eq!(host.admin("DELETE", "/storages/hook", None).await.0, 404);
}

#[tokio::test]
async fn the_admin_api_has_keys_of_its_own() {
    let closed = Host::with(config()).env("CONSERVER_API_TOKEN", "api-key").start().await;
    let (status, problem) = closed.admin("GET", "/links", None).await;
    assert_eq!(
        (status, &problem["type"]),
        (403, &json!("urn:vconduit:problem:forbidden")),
        "{problem}"
    );

    let host = Host::with(config())
        .env("CONSERVER_API_TOKEN", "api-key")
        .env("VCONDUIT_ADMIN_TOKEN", "admin-key")
        .start()
        .await;
    let status = async |name: &str, value: &str| {
        let request = host.client().get(host.url("/admin/v1/links")).header(name, value);
        request.send().await.expect("a response").status().as_u16()
    };
    assert_eq!(status("x-none", "x").await, 401);
    assert_eq!(
        status("authorization", "Bearer api-key").await,
        401,
        "a key of the API opens the admin API"
    );
    assert_eq!(status("x-conserver-api-token", "api-key").await, 401);
    assert_eq!(status("authorization", "Bearer admin-key").await, 200);

    let open = Host::with(config()).start().await;
    let status = async |name: &str, value: &str| {
        let request = open
            .client()
            .post(open.url("/admin/v1/links/mine/rollback"))
            .header(name, value);
        request.send().await.expect("a response").status().as_u16()
    };
    assert_eq!(
        status("origin", "http://evil.example").await,
        403,
        "a web page can use the admin API"
    );
    assert_eq!(
        status("host", "evil.example").await,
        403,
        "a name that leads here can be used by a web page"
    );
    assert_eq!(
        status("origin", "http://localhost:3000").await,
        409,
        "there is nothing to go back to, but it may ask"
    );
}
