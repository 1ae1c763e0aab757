//! The configuration, and the checks before it is replaced.

use serde_json::json;

use super::*;
use vconduit_test_support::Fault;

fn configuration() -> Value {
    json!({
        "chains": {"main": {"links": ["tokens"], "ingress_lists": ["in"], "storages": ["pg"], "egress_lists": ["out"]}},
        "links": {"tokens": {"module": "links.tag", "options": {"tags": ["a"]}}},
        "storages": {"pg": {"module": "storage.postgres", "options": {"user": "u", "password": "p4ss", "host": "db", "database": "d"}}},
        "ingress_auth": {"in": ["k1", "k2"], "other": "k3"},
    })
}

#[tokio::test]
async fn the_configuration_is_replaced_and_shown_without_secrets() {
    let api = Api::new();
    api.get("/config").await.is(200, json!({}));
    let answer = api.post("/config", &configuration()).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let shown = api.get("/config").await;
    let mut expected = configuration();
    expected["storages"]["pg"]["options"]["password"] = json!("********");
    expected["ingress_auth"] = json!({"in": ["********", "********"], "other": "********"});
    shown.is(200, expected.clone());

    expected["chains"]["main"]["egress_lists"] = json!([]);
    assert_eq!(
        api.post("/config", &expected).await.status,
        204,
        "what was shown can be sent back"
    );
    let stored = format!("{:?}", api.store.real().load_config().await.unwrap());
    assert!(
        stored.contains("p4ss") && stored.contains("k2") && !stored.contains("****"),
        "{stored}"
    );
}

#[tokio::test]
async fn a_key_of_a_partner_opens_its_list_as_soon_as_it_was_posted() {
    let api = Api::new();
    for key in ["k1", "k2", "k1"] {
        let posted = api.post("/config", &json!({"ingress_auth": {"in": [key]}})).await;
        assert_eq!(posted.status, 204, "{}", posted.text);
        let partner = request("POST", "/vcon/external-ingress?ingress_list=in").header("x-conserver-api-token", key);
        let answer = api.send(partner.body(Body::from(vcon(ID).to_string())).unwrap()).await;
        assert_eq!(
            answer.status, 204,
            "the key {key} is saved and not in force: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_change_of_the_admin_api_is_in_force_when_it_is_answered() {
    let api = Api::with(admin_settings(), Snapshot::default());
    let json = || "application/json".parse().unwrap();
    for (number, list) in ["one", "two"].into_iter().enumerate() {
        let chain = json!({"links": [], "ingress_lists": [list]}).to_string();
        let mut request = admin_queues::admin("PUT", "/chains/main", chain);
        request.headers_mut().insert("content-type", json());
        let answer = api.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let live = api.live.load();
        let lists: Vec<&str> = live.ingress.keys().map(AsRef::as_ref).collect();
        assert_eq!(lists, [list], "change {number} is saved and not in force");
        assert_eq!(answer.json()["revision"], json!(live.revision));
    }
}

#[tokio::test]
async fn a_bad_configuration_is_refused_with_every_problem() {
    let api = Api::new();
    let bad = json!({"chains": {"a": {"links": ["gone"], "ingress_lists": ["x"]}, "b": {"links": ["gone too"], "ingress_lists": 5}}});
    let answer = api.post("/config", &bad).await;
    assert_eq!(answer.status, 422);
    let detail = answer.json()["detail"].as_array().unwrap().clone();
    assert!(detail.len() >= 3, "{}", answer.text);
    assert!(
        detail
            .iter()
            .all(|fault| fault["type"] == "value_error" && fault["loc"][0] == "body")
    );
    assert!(
        detail
            .iter()
            .any(|fault| fault["loc"] == json!(["body", "chains.a.links[0]"])),
        "{}",
        answer.text
    );
    api.get("/config").await.is(200, json!({}));
    api.post("/config", &json!([]))
        .await
        .refuses(&[("dict_type", json!(["body"]))]);
}

#[tokio::test]
async fn a_mask_for_nothing_is_refused() {
    let api = Api::new();
    let answer = api.post("/config", &json!({"ingress_auth": {"in": "********"}})).await;
    answer.refuses(&[("value_error", json!(["body", "ingress_auth.in"]))]);
}

#[tokio::test]
async fn a_store_that_fails_is_reported() {
    let api = Api::new();
    api.store.fail_all(Fault::Refused);
    api.get("/config")
        .await
        .is(500, json!({"detail": "Failed to read configuration"}));
    api.post("/config", &configuration())
        .await
        .is(500, json!({"detail": "Failed to update configuration"}));
}

#[test]
fn masks_cover_secrets_and_nothing_else() {
    let written = json!({
        "links": {"token_router": {"options": {
            "api_key": "x", "headers": {"Authorization": "Bearer y", "accept": "z"}, "max_tokens": 5, "url": "https://u:pw@h/p?q",
            "TOKEN": ["a", {"b": "c"}], "by_name": "{{secret:A}}", "api_token": "{{secret:A}}", "empty_key": "",
        }, "grants": {"secrets": ["A"]}}},
    });
    let masked = vconduit_config::mask::mask(written.as_object().unwrap());
    let expected = json!({
        "links": {"token_router": {"options": {
            "api_key": "********", "headers": {"Authorization": "********", "accept": "z"}, "max_tokens": 5,
            "url": "https://u:********@h/p?q", "TOKEN": ["********", {"b": "********"}], "by_name": "{{secret:A}}",
            "api_token": "{{secret:A}}", "empty_key": "",
        }, "grants": {"secrets": ["A"]}}},
    });
    assert_eq!(Value::Object(masked.clone()), expected);
    let mut back = masked;
    assert!(vconduit_config::mask::restore(&mut back, written.as_object().unwrap()).is_empty());
    assert_eq!(Value::Object(back), written);
}

#[tokio::test]
async fn with_admin_keys_only_an_operator_changes_code_and_grants() {
    let settings = Settings {
        admin_keys: vec![AdminKey {
            name: "anna".to_owned(),
            key: "admin".to_owned(),
        }],
        ..settings()
    };
    let api = Api::with(settings, Snapshot::default());
    let wanted = json!({"links": {"a": {"module": "links.tag", "grants": {"http": ["a.com"]}}}});
    let answer = api.post("/config", &wanted).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("links.a.module is for admins"), "{}", answer.text);
    let mut request = keyed("POST", "/config", Body::from(wanted.to_string()));
    request
        .headers_mut()
        .insert("authorization", "Bearer admin".parse().unwrap());
    let answer = api.send(request).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    let chains = json!({"links": wanted["links"], "chains": {"c": {"links": ["a"], "ingress_lists": ["i"]}}});
    assert_eq!(
        api.post("/config", &chains).await.status,
        204,
        "chains are not for admins alone"
    );
}
