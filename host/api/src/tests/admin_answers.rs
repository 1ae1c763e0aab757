//! Whole responses of the admin API, compared with a snapshot. After a change that is intended,
//! `tests/run --accept` updates the snapshot.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::admin_queues::{CONFIG, admin, api, checkpoint, has_version, record};
use super::*;
use vconduit_base::names::Digest;
use vconduit_config::store_copy;
use vconduit_engine::registry::config_reader;

/// Members whose values differ from run to run.
const VARIABLE: [&str; 5] = ["at_ms", "expires_in_s", "request_id", "revision", "uptime_s"];

/// A host with something of everything in its store, and the id of its one claim.
async fn scene() -> (Api, String) {
    let api = api();
    let report = json!({"version": "1", "address": "127.0.0.1:8000", "roles": ["api"], "revision": 1}).to_string();
    let host = HostId::new("h").unwrap();
    let store = api.store.real();
    let entries = store_copy::to_entries(&config_reader(Vec::new()).text(CONFIG, "c.yml").written);
    store.save_config(&entries, None, None).await.unwrap().unwrap();
    store.announce(&host, &report, Duration::from_secs(3600)).await.unwrap();
    has_version(
        &api,
        &Digest::of(b"a component"),
        Some("it asks for more than was granted"),
    )
    .await;
    api.keep(ID, &vcon(ID).to_string()).await;
    api.trail(ID, &[r#"{"ended":"finished","host":"h","links":[]}"#]).await;
    api.parked("in", ID).await;
    let claim = api.claimed("in", ID, &checkpoint()).await;
    api.append("in", &[ID, OTHER]).await;
    api.append("out", &[OTHER]).await;
    api.dead_letter("in", ID, &record()).await;
    api.dead_letter("in", OTHER, &record()).await;
    (api, claim.id.to_string())
}

/// Replaces the values that differ from run to run.
fn redacted(value: Value, claim: &str) -> Value {
    match value {
        Value::Object(members) => {
            let redact = |(name, value): (String, Value)| {
                let value = if VARIABLE.contains(&name.as_str()) {
                    json!(format!("[{name}]"))
                } else {
                    redacted(value, claim)
                };
                (name, value)
            };
            Value::Object(members.into_iter().map(redact).collect::<Map<_, _>>())
        }
        Value::Array(values) => values.into_iter().map(|value| redacted(value, claim)).collect(),
        Value::String(text) => text.replace(claim, "[claim]").into(),
        other => other,
    }
}

#[tokio::test]
async fn the_answers_of_the_admin_api_are_the_ones_agreed_on() {
    let (api, claim) = scene().await;
    let chain = json!({"links": ["gone"], "ingress_lists": 7});
    let requests = [
        ("GET", "/lists".to_owned(), Value::Null),
        ("GET", "/claims".to_owned(), Value::Null),
        ("GET", "/dlq/in".to_owned(), Value::Null),
        ("GET", format!("/where/{ID}"), Value::Null),
        ("GET", "/where/nowhere".to_owned(), Value::Null),
        ("GET", "/hosts".to_owned(), Value::Null),
        ("GET", "/links".to_owned(), Value::Null),
        ("GET", "/links/tag".to_owned(), Value::Null),
        ("GET", "/links/tag/versions".to_owned(), Value::Null),
        ("GET", "/links/none".to_owned(), Value::Null),
        ("GET", "/chains".to_owned(), Value::Null),
        ("GET", "/chains/main".to_owned(), Value::Null),
        ("GET", "/storages".to_owned(), Value::Null),
        ("GET", "/storages/disk".to_owned(), Value::Null),
        (
            "POST",
            "/config/validate".to_owned(),
            json!({"chains": {"main": chain}}),
        ),
        ("PUT", "/chains/main".to_owned(), chain),
        ("POST", format!("/claims/{claim}/requeue"), Value::Null),
        ("POST", format!("/dlq/in/{ID}/retry"), Value::Null),
        ("DELETE", format!("/dlq/in/{OTHER}"), Value::Null),
        ("GET", "/audit".to_owned(), Value::Null),
        ("GET", "/audit?limit=many".to_owned(), Value::Null),
        ("GET", "/nothing".to_owned(), Value::Null),
    ];
    let mut answers = Map::new();
    for (method, path, body) in requests {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut request = admin(method, &path, body);
        let json = "application/json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
        let answer = api.send(request).await;
        let content = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        let shown = json!({"status": answer.status.as_u16(), "body": redacted(content, &claim)});
        answers.insert(format!("{method} {}", path.replace(&claim, "[claim]")), shown);
    }
    insta::with_settings!({prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("admin_answers", answers);
    });
}
