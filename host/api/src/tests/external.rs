//! Partners.

use serde_json::json;

use super::*;
use vconduit_test_support::Fault;

fn keys(keys: &[&str]) -> IngressAuth {
    IngressAuth::Keys(keys.iter().map(|key| (*key).to_owned()).collect())
}

async fn post(api: &Api, query: &str, key: Option<&str>, body: String) -> Answer {
    let mut request = request("POST", &format!("/vcon/external-ingress{query}"));
    if let Some(key) = key {
        request = request.header("x-conserver-api-token", key);
    }
    api.send(request.body(Body::from(body)).unwrap()).await
}

fn partners() -> Api {
    Api::partners([
        ("one", keys(&["k1"])),
        ("two", keys(&["k1", "k2"])),
        ("odd", IngressAuth::Invalid),
    ])
}

#[tokio::test]
async fn a_partner_posts_to_its_list() {
    let api = partners();
    let answer = post(&api, "?ingress_list=one", Some("k1"), vcon(ID).to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_eq!((api.puts(), api.entries("one").await), (1, vec![ID.to_owned()]));
    assert_eq!(
        post(&api, "?ingress_list=two", Some("k2"), vcon(ID).to_string())
            .await
            .status,
        204
    );
    assert_eq!(
        post(&api, "?ingress_list=two", Some("k1"), vcon(ID).to_string())
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn strangers_are_refused_with_the_reason() {
    let api = partners();
    let cases = [
        ("one", Some("k2"), "Invalid API Key for ingress list 'one'"),
        ("one", Some(KEY), "Invalid API Key for ingress list 'one'"),
        ("one", None, "API Key required"),
        ("one", Some(""), "API Key required"),
        ("three", Some("k1"), "Ingress list 'three' not configured"),
        ("odd", Some("k1"), "Invalid configuration for ingress list 'odd'"),
    ];
    for (list, key, detail) in cases {
        let answer = post(&api, &format!("?ingress_list={list}"), key, vcon(ID).to_string()).await;
        answer.is(403, json!({"detail": detail}));
    }
    assert_eq!(api.puts(), 0);
    let closed = Api::partners([]);
    let answer = post(&closed, "?ingress_list=one", Some("k1"), vcon(ID).to_string()).await;
    answer.is(403, json!({"detail": "No ingress authentication configured"}));
}

#[tokio::test]
async fn partners_need_a_key_where_clients_need_none() {
    let api = Api::with(
        Settings {
            api_keys: Vec::new(),
            ..settings()
        },
        Snapshot::default(),
    );
    assert_eq!(
        post(&api, "?ingress_list=one", Some("x"), vcon(ID).to_string())
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_check_of_the_request_comes_before_that_of_the_key() {
    let api = partners();
    let answer = post(&api, "", Some("unknown"), vcon(ID).to_string()).await;
    answer.refuses(&[("missing", json!(["query", "ingress_list"]))]);
    assert_eq!(answer.json()["detail"][0]["msg"], "Field required");
    let answer = post(&api, "?ingress_list=one", None, r#"{"vcon": "0.0.1"}"#.to_owned()).await;
    assert_eq!(answer.status, 422);
    let answer = post(&api, "?ingress_list=one", None, "{".to_owned()).await;
    assert_eq!(answer.json()["detail"][0]["type"], "json_invalid");
}

#[tokio::test]
async fn a_stranger_s_large_body_is_not_read() {
    let api = partners();
    let large = format!("{}{}", vcon(ID), " ".repeat(100_000));
    let answer = post(&api, "?ingress_list=one", Some("unknown"), large.clone()).await;
    answer.is(403, json!({"detail": "Invalid API Key for ingress list 'one'"}));
    assert_eq!(post(&api, "?ingress_list=one", Some("k1"), large).await.status, 204);
}

#[tokio::test]
async fn a_failed_write_is_reported() {
    let api = partners();
    api.store.fail_all(Fault::Refused);
    let answer = post(&api, "?ingress_list=one", Some("k1"), vcon(ID).to_string()).await;
    answer.is(500, json!({"detail": "Failed to store vCon"}));
}
