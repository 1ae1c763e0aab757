//! The admin API: lists, claims, dead letters, the whereabouts of a vCon.

use std::collections::BTreeMap;

use super::*;
use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, LinkName};
use vconduit_config::{LinkRecord, VersionRecord, store_copy};
use vconduit_engine::events::{Event, Told};
use vconduit_engine::registry::config_reader;
use vconduit_store::{Checkpoint, ErrorRecord, Progress};
use vconduit_test_support::Fault;

pub const CONFIG: &str = "\
links: {tag: {module: links.tag, options: {tags: [x]}}}
storages: {disk: {module: storage.file}}
chains:
  main: {links: [tag], ingress_lists: [in, 'a/b c'], egress_lists: [out], storages: [disk]}
  idle: {links: [tag], ingress_lists: [slow], enabled: 0}
";
/// `a/b c` in a path.
const ODD: &str = "a%2Fb%20c";

pub fn api() -> Api {
    let config = config_reader(Vec::new()).text(CONFIG, "c.yml").config.unwrap();
    let snapshot = Snapshot {
        ingress: config.ingress(),
        config,
        ..Snapshot::default()
    };
    Api::with(admin_settings(), snapshot)
}

pub fn admin(method: &str, path: &str, body: impl Into<Body>) -> Request {
    request(method, &format!("/admin/v1{path}"))
        .header("authorization", "Bearer root")
        .body(body.into())
        .unwrap()
}

impl Api {
    async fn admin(&self, method: &str, path: &str) -> Answer {
        self.send(admin(method, path, Body::empty())).await
    }

    async fn audit(&self) -> Vec<Value> {
        let entries = self.store.real().audit_log(0, 100).await.unwrap();
        entries
            .iter()
            .map(|entry| serde_json::from_str(entry).unwrap())
            .collect()
    }
}

#[track_caller]
fn problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["type"], format!("urn:vconduit:problem:{kind}"));
}

/// The checkpoint of a run that has switched to another vCon.
pub fn checkpoint() -> Checkpoint {
    Checkpoint {
        chain: Some(ChainName::new("main").unwrap()),
        next_link: 1,
        progress: Some(Progress {
            done: vec![LinkName::new("tag").unwrap()],
            left: vec![LinkName::new("tag").unwrap(), LinkName::new("hook").unwrap()],
        }),
        current: Some(VconId::new(OTHER).unwrap()),
        began_ms: 5,
        ..Checkpoint::default()
    }
}

pub fn record() -> ErrorRecord {
    ErrorRecord {
        chain: Some(ChainName::new("main").unwrap()),
        link: Some(LinkName::new("tag").unwrap()),
        version: None,
        class: "trap".into(),
        message: "the link crashed".into(),
        attempts: 3,
        current: None,
        at_ms: 7,
    }
}

/// The link `tag` has one uploaded version.
pub async fn has_version(api: &Api, digest: &Digest, held: Option<&str>) {
    let record = LinkRecord {
        versions: vec![VersionRecord {
            digest: digest.clone(),
            at_ms: 1,
            by: "ann".into(),
            note: String::new(),
            size_bytes: 1,
            grants: None,
            held: held.map(ToOwned::to_owned),
            signed_by: None,
        }],
        ..LinkRecord::default()
    };
    let (_, present) = api.store.real().load_config().await.unwrap();
    let entries = store_copy::with_record(&present, "tag", &record);
    api.store
        .real()
        .save_config(&entries, None, None)
        .await
        .unwrap()
        .unwrap();
}

fn events(listener: &mut tokio::sync::broadcast::Receiver<Arc<Told>>) -> Vec<Event> {
    std::iter::from_fn(|| listener.try_recv().ok().map(|told| told.event.clone())).collect()
}

#[tokio::test]
async fn every_route_asks_for_an_admin_key() {
    let api = api();
    let routes = [
        ("GET", "/lists"),
        ("GET", "/claims"),
        ("POST", "/claims/c/requeue"),
        ("GET", "/dlq/in"),
        ("POST", "/dlq/in/x/retry"),
        ("DELETE", "/dlq/in/x"),
        ("GET", "/where/x"),
        ("GET", "/hosts"),
        ("GET", "/events"),
        ("GET", "/audit"),
    ];
    for (method, path) in routes {
        let answer = api
            .send(keyed(method, &format!("/admin/v1{path}"), Body::empty()))
            .await;
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
    }
    assert!(api.audit().await.is_empty());
}

#[tokio::test]
async fn lists_are_shown_with_what_waits_and_who_has_them() {
    let api = api();
    api.parked("in", ID).await;
    api.claimed("in", ID, &checkpoint()).await;
    api.append("in", &["1", "2"]).await;
    api.append("DLQ:storage:disk", &["3"]).await;
    let lists = api.admin("GET", "/lists").await.json()["lists"].clone();
    let row = |name: &str| {
        let rows = lists.as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).cloned().unwrap_or_default()
    };
    let wanted = json!({"name": "in", "kind": "ingress", "depth": 2, "chain": "main", "enabled": true, "claims": 1, "parked": 1});
    assert_eq!(row("in"), wanted);
    let wanted = json!({"name": "DLQ:storage:disk", "kind": "dead-letters", "depth": 1, "enabled": true});
    assert_eq!(row("DLQ:storage:disk"), wanted);
    assert_eq!(
        (&row("slow")["enabled"], &row("slow")["chain"]),
        (&json!(false), &json!("idle"))
    );
    assert_eq!(row("resume:a/b c")["kind"], "resume");
    api.store.fail_all(Fault::Unavailable);
    problem(&api.admin("GET", "/lists").await, 503, "store-away");
}

#[tokio::test]
async fn a_claim_is_seen_and_taken_away() {
    let api = api();
    let mut listener = api.events.listen();
    let claim = api.claimed("a/b c", ID, &checkpoint()).await;
    let claims = api.admin("GET", "/claims").await.json();
    let wanted = json!({
        "id": claim.id, "list": "a/b c", "vcon": ID, "host": "h", "chain": "main", "next_link": 1, "next_place": "tag#2",
        "current": OTHER, "began_ms": 5, "lost_leases": 2,
    });
    assert_eq!(claims, json!({"total": 1, "claims": [wanted]}));
    let other = api.admin("GET", "/claims?list=in").await;
    other.is(200, json!({"total": 0, "claims": []}));
    let requeue = format!("/claims/{}/requeue", claim.id);
    let answer = api.admin("POST", &requeue).await;
    answer.is(200, wanted.clone());
    assert_eq!(api.entries("a/b c").await, [ID]);
    let audit = &api.audit().await[0];
    assert_eq!(
        (&audit["who"], &audit["action"], &audit["target"], &audit["before"]),
        (&json!("ann"), &json!("claim.requeue"), &json!(claim.id), &wanted)
    );
    assert_eq!(audit["request_id"], answer.header("x-request-id"));
    let told = events(&mut listener);
    assert!(
        matches!(told.as_slice(), [Event::VconRequeued { by, vcon, .. }] if by == "ann" && vcon.as_str() == ID),
        "{told:?}"
    );
    problem(&api.admin("POST", &requeue).await, 404, "not-found");
    assert_eq!(api.audit().await.len(), 1, "what was not done is not in the log");
}

#[tokio::test]
async fn a_claim_on_a_list_that_is_not_configured_any_more_is_found_by_its_list() {
    let api = api();
    let claim = api.claimed("old", ID, &checkpoint()).await;
    let requeue = format!("/claims/{}/requeue", claim.id);
    problem(&api.admin("POST", &requeue).await, 404, "not-found");
    assert_eq!(api.admin("GET", "/claims?list=old").await.json()["total"], 1);
    assert_eq!(api.admin("POST", &format!("{requeue}?list=old")).await.status, 200);
}

#[tokio::test]
async fn dead_letters_are_read_with_their_records() {
    let api = api();
    api.append("DLQ:a/b c", &["first"]).await;
    api.dead_letter("a/b c", ID, &record()).await;
    let all = api.admin("GET", &format!("/dlq/{ODD}")).await.json();
    assert_eq!(all["total"], 2);
    assert_eq!(all["dead_letters"][0], json!({"vcon": "first", "record": null}));
    assert_eq!(all["dead_letters"][1]["record"]["class"], "trap");
    let page = api.admin("GET", &format!("/dlq/{ODD}?offset=1&limit=1")).await.json();
    assert_eq!(page["dead_letters"].as_array().unwrap().len(), 1);
    assert_eq!(page["dead_letters"][0]["vcon"], ID);
    for query in ["limit=0", "limit=1001", "limit=x", "offset=-1"] {
        let answer = api.admin("GET", &format!("/dlq/in?{query}")).await;
        problem(&answer, 422, "invalid");
    }
}

#[tokio::test]
async fn a_dead_letter_is_tried_again() {
    let api = api();
    let mut listener = api.events.listen();
    api.dead_letter("a/b c", ID, &record()).await;
    let again = format!("/dlq/{ODD}/{ID}/retry");
    let answer = api.admin("POST", &again).await;
    answer.is(200, json!({"list": "a/b c", "versions": {}}));
    assert_eq!(api.entries("a/b c").await, [ID]);
    assert_eq!(api.claim("a/b c").await.checkpoint, Checkpoint::default());
    let audit = &api.audit().await[0];
    assert_eq!(audit["action"], "dead_letter.retry");
    assert_eq!(audit["before"]["record"]["message"], "the link crashed");
    assert!(matches!(events(&mut listener).as_slice(), [Event::VconRetried { .. }]));
    problem(&api.admin("POST", &again).await, 404, "not-found");
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_with_another_version() {
    let api = api();
    let digest = Digest::of(b"a component");
    api.dead_letter("in", ID, &record()).await;
    let path = format!("/dlq/in/{ID}/retry");
    let retry = async |body: Value| api.send(admin("POST", &path, body.to_string())).await;
    let with_version = json!({"versions": {"tag": format!("sha256:{digest}")}});
    problem(&retry(with_version.clone()).await, 409, "conflict");
    has_version(&api, &digest, Some("it asks for more than was granted")).await;
    let held = retry(with_version.clone()).await;
    problem(&held, 409, "conflict");
    assert!(held.text.contains("it asks for more"), "{}", held.text);
    has_version(&api, &digest, None).await;
    problem(&retry(json!({"versions": {"other": digest}})).await, 409, "conflict");
    problem(&retry(json!({"versions": {"tag": "abc"}})).await, 409, "conflict");
    problem(&retry(json!({"version": {}})).await, 422, "invalid");
    problem(&retry(json!([])).await, 422, "invalid");
    assert!(api.entries("in").await.is_empty() && api.audit().await.is_empty());
    assert_eq!(retry(with_version).await.status, 200);
    let checkpoint = Checkpoint {
        chain: Some(ChainName::new("main").unwrap()),
        versions: BTreeMap::from([(LinkName::new("tag").unwrap(), digest)]),
        ..Checkpoint::default()
    };
    assert_eq!(api.claim("in").await.checkpoint, checkpoint);
}

#[tokio::test]
async fn a_version_needs_a_chain_that_runs() {
    let api = api();
    api.dead_letter("slow", ID, &record()).await;
    let body = json!({"versions": {"tag": Digest::of(b"x")}});
    let answer = api
        .send(admin("POST", &format!("/dlq/slow/{ID}/retry"), body.to_string()))
        .await;
    problem(&answer, 409, "conflict");
    assert_eq!(api.admin("POST", &format!("/dlq/slow/{ID}/retry")).await.status, 200);
}

#[tokio::test]
async fn what_a_storage_did_not_take_cannot_go_back_to_a_list_but_can_be_dropped() {
    let api = api();
    let mut listener = api.events.listen();
    api.dead_letter("storage:disk", ID, &record()).await;
    let answer = api.admin("POST", &format!("/dlq/storage:disk/{ID}/retry")).await;
    problem(&answer, 409, "conflict");
    let path = format!("/dlq/storage:disk/{ID}");
    assert_eq!(api.admin("DELETE", &path).await.status, 204);
    assert!(api.entries("DLQ:storage:disk").await.is_empty());
    let audit = &api.audit().await[0];
    assert_eq!(
        (&audit["action"], &audit["before"]["record"]["class"], &audit["after"]),
        (&json!("dead_letter.drop"), &json!("trap"), &Value::Null)
    );
    assert!(matches!(events(&mut listener).as_slice(), [Event::VconDropped { .. }]));
    problem(&api.admin("DELETE", &path).await, 404, "not-found");
}

#[tokio::test]
async fn names_that_no_thing_can_have_are_refused() {
    let api = api();
    let long = "x".repeat(600);
    for path in [
        "/dlq/%00",
        "/dlq/in/%07",
        &format!("/dlq/{long}"),
        "/dlq/%ff",
        "/where/%0A",
    ] {
        let method = if path.matches('/').count() == 3 {
            "DELETE"
        } else {
            "GET"
        };
        let answer = api.admin(method, path).await;
        problem(&answer, 422, "invalid");
    }
    problem(&api.admin("GET", "/claims?list=%01").await, 422, "invalid");
}

#[tokio::test]
async fn a_vcon_is_found_wherever_it_is() {
    let api = api();
    let path = format!("/where/{ID}");
    problem(&api.admin("GET", &path).await, 404, "not-found");
    api.post("/vcon", &vcon(ID)).await;
    api.trail(ID, &[r#"{"ended":"finished"}"#, "no JSON"]).await;
    api.parked("in", ID).await;
    let claim = api.claimed("in", ID, &checkpoint()).await;
    api.append("a/b c", &["before", ID]).await;
    api.append("out", &[ID]).await;
    api.append("DLQ:in", &["before"]).await;
    api.dead_letter("in", ID, &record()).await;
    let found = api.admin("GET", &path).await.json();
    assert_eq!((&found["vcon"], &found["stored"]), (&json!(ID), &json!(true)));
    assert_eq!(found["trail"], json!([{"ended": "finished"}, "no JSON"]));
    let places = found["places"].as_array().unwrap();
    let kinds: Vec<&str> = places.iter().map(|place| place["place"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["list", "claim", "parked", "dead-letter", "list"]);
    let wanted =
        json!({"place": "list", "list": "a/b c", "kind": "ingress", "position": 1, "chain": "main", "enabled": true});
    assert_eq!(places[0], wanted);
    assert_eq!((&places[1]["host"], &places[1]["id"]), (&json!("h"), &json!(claim.id)));
    assert_eq!(
        (&places[3]["position"], &places[3]["record"]["class"]),
        (&json!(1), &json!("trap"))
    );
    assert_eq!(places[4]["list"], "out");
    let switched = api.admin("GET", &format!("/where/{OTHER}")).await.json();
    assert_eq!(
        switched["places"][0]["place"], "claim",
        "a run that switched is about both"
    );
}

#[tokio::test]
async fn hosts_and_the_audit_log_are_shown() {
    let api = api();
    let report = json!({"version": "1", "revision": 4, "links": {"tag": Digest::of(b"x")}}).to_string();
    let host = HostId::new("h").unwrap();
    api.store
        .real()
        .announce(&host, &report, std::time::Duration::from_secs(5))
        .await
        .unwrap();
    let hosts = api.admin("GET", "/hosts").await.json();
    assert_eq!(
        (&hosts["hosts"][0]["id"], &hosts["hosts"][0]["revision"]),
        (&json!("h"), &json!(4))
    );
    for entry in ["1", r#"{"action":"b"}"#, "no JSON"] {
        api.store.real().audit(entry).await.unwrap();
    }
    let audit = api.admin("GET", "/audit?limit=2").await;
    audit.is(200, json!({"entries": ["no JSON", {"action": "b"}]}));
    api.admin("GET", "/audit?offset=2")
        .await
        .is(200, json!({"entries": [1]}));
    problem(&api.admin("GET", "/audit?limit=5000").await, 422, "invalid");
}

#[tokio::test]
async fn the_description_has_every_route() {
    let api = api();
    let paths = api.get("/openapi.json").await.json()["paths"].clone();
    for (path, method) in [
        ("/lists", "get"),
        ("/claims", "get"),
        ("/claims/{id}/requeue", "post"),
        ("/dlq/{list}", "get"),
        ("/dlq/{list}/{uuid}", "delete"),
        ("/dlq/{list}/{uuid}/retry", "post"),
        ("/where/{uuid}", "get"),
        ("/hosts", "get"),
        ("/events", "get"),
        ("/audit", "get"),
    ] {
        let operation = &paths[format!("/admin/v1{path}")][method];
        assert!(operation["summary"].is_string(), "{method} {path} is not described");
        assert!(operation["responses"]["401"].is_object(), "{method} {path}");
    }
}
