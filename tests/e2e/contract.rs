//! Components that were built against a released version of the contract and are never rebuilt.
//!
//! Guarantee: a host that passes these tests runs a component of contract 0.1.0 with the results of
//! the day when it was built. `tests/contract/0.1.0/README.md` explains how the files were made.

use std::path::PathBuf;

use serde_json::{Value, json};
use vconduit_harness::{Host, Receiver, RedisServer, SOON, eventually, samples};

/// Ingress list and egress list of every chain here.
const IN: &str = "contract_in";
const OUT: &str = "contract_out";

/// Returns the path of a file of the released contract.
fn released_file(name: &str) -> PathBuf {
    samples::root().join("tests/contract/0.1.0").join(name)
}

/// Returns the bytes of a released component, with another version in every name of the contract.
fn renamed(name: &str, version: &str) -> Vec<u8> {
    assert_eq!(version.len(), "0.1.0".len(), "names in a component keep their length");
    let mut bytes = std::fs::read(released_file(name)).expect("a released component");
    let places: Vec<usize> = bytes
        .windows(b"vcon:link/".len())
        .enumerate()
        .filter_map(|(place, window)| (window == b"vcon:link/").then_some(place))
        .collect();
    for place in places {
        let name = bytes.get(place..).unwrap_or_default();
        let Some(at) = name.iter().take(40).position(|byte| *byte == b'@') else {
            continue;
        };
        let (start, end) = (place + at + 1, place + at + 1 + version.len());
        if bytes.get(start..end) == Some(b"0.1.0") {
            bytes[start..end].copy_from_slice(version.as_bytes());
        }
    }
    bytes
}

/// Returns a configuration of one chain with one link. `link` is the entry of the link.
fn config(component: &str, mut link: Value) -> String {
    link["component"] = json!(released_file(component));
    let chain = json!({"links": ["kept"], "ingress_lists": [IN], "egress_lists": [OUT]});
    json!({"links": {"kept": link}, "chains": {"contract": chain}}).to_string()
}

/// Returns the id of a vCon with one text dialog, and the vCon.
fn vcon() -> (String, String) {
    let id = uuid::Uuid::new_v4().to_string();
    let vcon = json!({
        "vcon": "0.4.0", "uuid": id, "created_at": "2026-01-02T03:04:05Z", "parties": [{"tel": "+15551230001"}],
        "dialog": [{
            "type": "text", "start": "2026-01-02T03:04:05Z", "parties": [0], "body": "hello", "encoding": "none",
        }],
        "analysis": [], "attachments": [],
    });
    (id, vcon.to_string())
}

/// Posts a vCon and returns it after the chain.
async fn processed(host: &Host) -> (String, Value) {
    let (id, text) = vcon();
    host.post_vcon(&text, IN).await;
    host.until_depth(OUT, 1).await;
    let vcon = host.vcon(&id).await.expect("the vCon after its chain");
    (id, vcon)
}

/// Returns the log lines of a released link on its calls.
fn lines(vcon: &Value) -> Vec<String> {
    let entries = vcon["analysis"].as_array().expect("analysis");
    let report = entries.iter().find(|entry| entry["type"] == "contract");
    let body = report.and_then(|entry| entry["body"].as_str());
    let body = body.unwrap_or_else(|| panic!("the link left no report in {vcon:#}"));
    body.lines().map(str::to_owned).collect()
}

/// Returns the error record of the only dead letter.
async fn dead_letter(host: &Host, id: &str) -> Value {
    host.until_dead_letter(IN, id).await;
    let letters = host.admin_ok("GET", &format!("/dlq/{IN}"), None).await;
    letters["dead_letters"][0]["record"].clone()
}

#[tokio::test]
async fn every_function_on_the_document_returns_what_it_did() {
    let host = Host::with(config("link.wasm", json!({"options": {"act": "document"}})))
        .start()
        .await;
    let (id, vcon) = processed(&host).await;
    let expected = [
        &format!("uuid={id}"),
        "exists=true",
        "form=unsigned",
        "size-bytes is the length of json=true",
        "egress-json is json=true",
        "get=\"hello\"",
        "get nothing=none",
        "text=hello",
        "length=1",
        "set=done",
        "get after set=\"set\"",
        "append=done",
        "append again=done",
        "get after append=[1,2]",
        "remove=true",
        "remove nothing=false",
        "patch=done",
        "replace=done",
        "get after replace=true",
        "touch=done",
        "tags before=0",
        "add-tag=done",
        "tags=contract:0.1.0",
        "add-analysis=0",
        "find-analysis=0",
        "find-analysis nothing=none",
        "add-attachment=1",
        "find-attachment=1",
        "dialog-count=1",
        "dialog-text=hello",
        "dialog-body=ell",
        "dialog-body at its end=",
    ];
    assert_eq!(lines(&vcon), expected, "a function of `document` has another result");
    assert_eq!(
        (
            &vcon["subject"],
            &vcon["x_list"],
            &vcon["x_patched"],
            &vcon["x_replaced"]
        ),
        (&json!("set"), &json!([2]), &json!(true), &json!(true)),
        "an edit did not arrive"
    );
    let summary = json!({
        "type": "summary", "dialog": 0, "vendor": "contract", "body": {"short": "said hello"},
        "encoding": "json", "product": "contract 0.1.0",
    });
    assert_eq!(stored(&vcon["analysis"][0]), summary, "the analysis is another");
    let note = json!({"purpose": "note", "body": "aGVsbG8", "encoding": "base64url", "mediatype": "text/plain"});
    assert_eq!(stored(&vcon["attachments"][1]), note, "the attachment is another");
}

/// Returns an entry whose JSON body is parsed.
fn stored(entry: &Value) -> Value {
    let mut entry = entry.clone();
    let body = entry["body"].as_str().unwrap_or_default();
    if let ("json", Ok(value)) = (
        entry["encoding"].as_str().unwrap_or_default(),
        serde_json::from_str::<Value>(body),
    ) {
        entry["body"] = value;
    }
    entry
}

#[tokio::test]
async fn every_other_function_returns_what_it_did() {
    let service = Receiver::start().await;
    service.answer(201, "made");
    let other = uuid::Uuid::new_v4().to_string();
    let place = service.url().trim_start_matches("http://").to_owned();
    let link = json!({
        "options": {"act": "others", "url": format!("{}/asked", service.url()), "other": other},
        "grants": {
            "http": [{"host": place, "private": true}, {"host": "127.0.0.1:9", "private": true}],
            "secrets": ["CONTRACT"], "queues": ["contract_*"], "vcons": ["read", "create", "delete", "expire"],
        },
    });
    let host = Host::with(config("link.wasm", link))
        .env("VCONDUIT_SECRET_CONTRACT", "sesame-0.1.0")
        .start()
        .await;
    let (_, vcon) = processed(&host).await;
    let expected = [
        "documents.create=true",
        "documents.read=true",
        "documents.delete=true",
        "documents.delete nothing=false",
        "documents.read nothing=none",
        "documents.expire=done",
        "queues.push=done",
        "log.write=done",
        "metrics=done",
        "clock.now-ms is after 2023=true",
        "clock.sleep-ms waits=true",
        "clock.remaining-ms is there=true",
        "random.uniform is in [0, 1)=true",
        "random.bytes=16",
        "parameters.link-name=kept",
        "parameters.chain-name=contract",
        &format!("parameters.ingress-list={IN}"),
        "parameters.attempt=1",
        "secrets.get=12",
        "http.send=201",
        "http.send headers=true",
        "http.send body=made",
        "http.send to no URL=fault:invalid",
        "http.send to another host=fault:denied",
        "http.send to a closed port=fault:unreached",
    ];
    assert_eq!(lines(&vcon), expected, "a function has another result");

    assert_eq!(host.depth("contract_pushed").await, 1, "the pushed id did not arrive");
    let asked = service.received();
    let key = asked[0].headers.get("x-key").and_then(|value| value.to_str().ok());
    assert_eq!(key, Some("sesame-0.1.0"), "the host did not fill in the secret");
    assert_eq!(asked[0].body, "asked", "the body of the request is another");
    assert!(
        host.log().contains("a line of contract 0.1.0"),
        "the log line is missing"
    );
    let (_, numbers) = host.get("/metrics").await;
    for name in ["contract_count", "contract_observe"] {
        assert!(numbers.contains(name), "{name} is not in the metrics");
    }
}

#[tokio::test]
async fn wasi_has_http_clocks_and_random_numbers_and_nothing_else() {
    let service = Receiver::start().await;
    service.answer(201, "made");
    let place = service.url().trim_start_matches("http://").to_owned();
    let link = json!({
        "options": {"act": "wasi", "authority": place},
        "grants": {"http": [{"host": place, "private": true}]},
    });
    let host = Host::with(config("link.wasm", link)).start().await;
    let (_, vcon) = processed(&host).await;
    let expected = [
        "wall-clock is after 2023=true",
        "monotonic-clock runs=true",
        "environment=0",
        "arguments=0",
        "a file=false",
        "a socket=false",
        "random=8",
        "outgoing-handler=201",
    ];
    assert_eq!(lines(&vcon), expected, "WASI is another");
    let log = host.log();
    for stream in ["output", "error"] {
        let line = format!("standard {stream} of contract 0.1.0");
        assert!(log.contains(&line), "{line:?} is not in the log");
    }
}

#[tokio::test]
async fn without_grants_every_way_out_is_denied_and_wrong_arguments_have_their_errors() {
    let link = json!({
        "options": {"act": "refusals", "url": "http://127.0.0.1:9/"},
        "grants": {}, "limits": {"document_bytes": 16384},
    });
    let host = Host::with(config("link.wasm", link)).start().await;
    let (_, vcon) = processed(&host).await;
    let expected = [
        "bad-pointer=error:bad-pointer",
        "bad-json=error:bad-json",
        "wrong-type=error:wrong-type",
        "limit=error:limit",
        "documents.read=error:denied",
        "documents.create=error:denied",
        "documents.delete=error:denied",
        "documents.expire=error:denied",
        "queues.push=error:denied",
        "secrets.get=error:denied",
        "http.send=fault:denied",
    ];
    assert_eq!(lines(&vcon), expected, "an error is another");
    assert_eq!(
        host.depth("contract_pushed").await,
        0,
        "an id was pushed without a grant"
    );
}

#[tokio::test]
async fn every_outcome_pushes_the_vcon_to_its_list() {
    let other = uuid::Uuid::new_v4().to_string();
    for (act, list) in [("next", OUT), ("switch", OUT), ("hand-off", "contract_people")] {
        let link = json!({
            "options": {"act": act, "other": other},
            "grants": {"queues": ["contract_people"], "vcons": ["read"]},
        });
        let host = Host::with(config("link.wasm", link)).start().await;
        let (id, text) = vcon();
        if act == "switch" {
            let (status, body) = host.post("/vcon", samples::with_id(&text, &other)).await;
            assert_eq!(status, 201, "POST /vcon responded {body}");
        }
        host.post_vcon(&text, IN).await;
        host.until_depth(list, 1).await;
        let (_, found) = host.get(&format!("/vcon/egress?egress_list={list}")).await;
        let expected = if act == "switch" { &other } else { &id };
        assert!(found.contains(expected.as_str()), "{act} pushed {found} to {list}");
    }
}

#[tokio::test]
async fn a_stopped_vcon_leaves_its_chain_without_egress() {
    for component in ["link.wasm", "transform.wasm"] {
        let host = Host::with(config(component, json!({"options": {"act": "stop"}})))
            .start()
            .await;
        let (id, text) = vcon();
        host.post_vcon(&text, IN).await;
        eventually(&format!("{component} stops {id}"), SOON, async || {
            let (_, found) = host.admin("GET", &format!("/where/{id}"), None).await;
            (found["trail"][0]["ended"] == "stopped").then_some(())
        })
        .await;
        assert_eq!(host.depth(OUT).await, 0, "{component}: a stopped vCon went to egress");
        assert!(
            host.dead_letters(IN).await.is_empty(),
            "{component}: it is a dead letter"
        );
    }
}

#[tokio::test]
async fn every_failure_is_a_dead_letter_with_the_words_of_the_link() {
    for component in ["link.wasm", "transform.wasm"] {
        for act in ["options", "vcon", "service", "other"] {
            let host = Host::with(config(component, json!({"options": {"act": act}})))
                .start()
                .await;
            let (id, text) = vcon();
            host.post_vcon(&text, IN).await;
            let record = dead_letter(&host, &id).await;
            let words = format!("contract 0.1.0 fails: {act}");
            assert!(record.to_string().contains(&words), "{component}, {act}: {record:#}");
            assert_eq!(record["attempts"], 1, "{component}, {act} was tried again: {record:#}");
        }
    }
}

#[tokio::test]
async fn a_retryable_failure_is_tried_again() {
    let link = json!({"options": {"act": "retried"}, "limits": {"attempts": 2}});
    let host = Host::with(config("link.wasm", link)).start().await;
    let (id, text) = vcon();
    host.post_vcon(&text, IN).await;
    let record = dead_letter(&host, &id).await;
    assert_eq!(record["attempts"], 2, "{record:#}");
}

#[tokio::test]
async fn a_vcon_that_does_not_exist_is_missing() {
    let redis = RedisServer::start();
    let host = Host::with(config("link.wasm", json!({"options": {"act": "missing"}})))
        .redis(&redis)
        .start()
        .await;
    let id = uuid::Uuid::new_v4().to_string();
    redis.push(IN, &id);
    let record = dead_letter(&host, &id).await;
    assert_eq!(
        (&record["class"], &record["link"]),
        (&json!("missing"), &json!(null)),
        "no link is called: {record:#}"
    );
}

#[tokio::test]
async fn a_signed_vcon_is_opaque_and_is_passed_over() {
    let host = Host::with(config("link.wasm", json!({"options": {"act": "sealed"}})))
        .start()
        .await;
    let file = samples::root().join("config/samples/ietf-ab_call_ext_rec_signed.vcon.json");
    let text = std::fs::read_to_string(file).expect("a signed sample");
    host.post_vcon(&text, IN).await;
    host.until_depth(OUT, 1).await;
    let line = "form=OuterForm::Signed get=error:opaque json=a document";
    assert!(host.log().contains(line), "{line:?} is not in the log:\n{}", host.log());
}

#[tokio::test]
async fn a_chain_continues_with_the_document_of_a_transform() {
    let host = Host::with(config("transform.wasm", json!({"options": {"act": "next"}})))
        .start()
        .await;
    let (_, vcon) = processed(&host).await;
    assert_eq!(vcon["x_contract"], "0.1.0", "{vcon:#}");
    assert_eq!(
        vcon["dialog"][0]["body"], "hello",
        "the rest of the document changed: {vcon:#}"
    );
}

/// A component of a later version that uses only what 0.1.0 has runs on every host of the track.
#[tokio::test]
async fn a_later_version_of_the_same_track_is_served_and_another_track_is_refused() {
    let host = Host::with(json!({"chains": {}}).to_string()).start().await;
    for component in ["link.wasm", "transform.wasm"] {
        let name = component.trim_end_matches(".wasm");
        let (status, body) = host.upload(name, renamed(component, "0.1.9"), "").await;
        assert!(status < 300, "{component} of 0.1.9 was refused with {status}: {body:#}");
        let (status, body) = host.upload(name, renamed(component, "0.2.0"), "").await;
        assert_eq!(status, 422, "{component} of 0.2.0 was not refused: {body:#}");
        assert!(
            body.to_string().contains("0.1"),
            "the refusal does not name the track: {body:#}"
        );
    }
}

/// Returns the items of a WIT text without comments, each as one line of words: `interface clock {
/// now-ms: func() -> u64; … }`.
fn interfaces(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let words: Vec<&str> = code.iter().flat_map(|line| line.split_whitespace()).collect();
    let all = words.join(" ");
    let starts = all.match_indices("interface ").map(|(start, _)| start);
    let body = |start: usize| {
        let rest = all.get(start..).unwrap_or_default();
        let mut depth = 0_u32;
        let end = rest.char_indices().find_map(|(place, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => return None,
            }
            (depth == 0).then_some(place + 1)
        });
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
    };
    starts.map(body).collect()
}

#[test]
fn no_interface_of_a_released_contract_has_changed() {
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("a WIT file");
    let now = interfaces(&read(samples::root().join("wit/package.wit")));
    let then = interfaces(&read(released_file("package.wit")));
    assert_eq!(then.len(), 14, "the released contract has 14 interfaces");
    for interface in then {
        assert!(
            now.contains(&interface),
            "wit/package.wit has no such interface any more; add a new interface instead (wit/README.md):\n{interface}"
        );
    }
}
