//! Keys, and the order of checks.

use serde_json::json;

use super::*;

async fn with_key(api: &Api, method: &str, path: &str, key: &str, body: &str) -> Answer {
    let request = request(method, path).header("x-conserver-api-token", key);
    api.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn only_keys_open_the_api() {
    let api = Api::with(
        Settings {
            api_keys: vec!["a".into(), "b c".into(), String::new()],
            ..settings()
        },
        Snapshot::default(),
    );
    let refused = json!({"detail": "Invalid API Key"});
    for key in ["", "x", "A", "Bearer a", "a b"] {
        with_key(&api, "GET", "/vcon", key, "").await.is(403, refused.clone());
    }
    for key in ["a", "b c"] {
        with_key(&api, "GET", "/vcon", key, "").await.is(200, json!([]));
    }
    let keyless = api.send(request("GET", "/vcon").body(Body::empty()).unwrap()).await;
    keyless.is(403, refused);
}

#[tokio::test]
async fn every_route_of_the_api_asks_for_a_key() {
    let api = Api::new();
    let routes = [
        ("GET", "/vcon"),
        ("POST", "/vcon"),
        ("GET", "/vcon/egress"),
        ("GET", "/vcon/x"),
        ("DELETE", "/vcon/x"),
        ("GET", "/vcons"),
        ("GET", "/vcons/search"),
        ("POST", "/vcon/ingress"),
        ("GET", "/vcon/count"),
        ("GET", "/config"),
        ("POST", "/config"),
        ("GET", "/dlq"),
        ("POST", "/dlq/reprocess"),
        ("GET", "/index_vcons"),
        ("GET", "/vcon/ingress"),
        ("GET", "/api/vcon"),
    ];
    for (method, path) in routes {
        assert_eq!(
            with_key(&api, method, path, "wrong", "").await.status,
            403,
            "{method} {path}"
        );
    }
    for path in [
        "/health",
        "/version",
        "/stats/queue?list_name=a",
        "/docs",
        "/openapi.json",
        "/docs/oauth2-redirect",
        "/metrics",
    ] {
        assert_eq!(with_key(&api, "GET", path, "wrong", "").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_keys_the_api_is_open() {
    let api = Api::with(
        Settings {
            api_keys: Vec::new(),
            ..settings()
        },
        Snapshot::default(),
    );
    assert_eq!(
        with_key(&api, "POST", "/vcon", "", &vcon(ID).to_string()).await.status,
        201
    );
    let blank = Api::with(
        Settings {
            api_keys: vec![String::new()],
            ..settings()
        },
        Snapshot::default(),
    );
    assert_eq!(
        with_key(&blank, "GET", "/vcon", "", "").await.status,
        403,
        "a blank line closes it"
    );
}

#[tokio::test]
async fn the_header_can_be_another() {
    let api = Api::with(
        Settings {
            api_key_header: "Authorization".into(),
            ..settings()
        },
        Snapshot::default(),
    );
    let request = request("GET", "/vcon")
        .header("authorization", KEY)
        .body(Body::empty())
        .unwrap();
    assert_eq!(api.send(request).await.status, 200);
    assert_eq!(with_key(&api, "GET", "/vcon", KEY, "").await.status, 403);
    let bad = Settings {
        api_key_header: "no header".into(),
        ..settings()
    };
    assert!(crate::auth::ApiKeys::new(&bad).is_err_and(|error| error.to_string().contains("CONSERVER_HEADER_NAME")));
}

#[tokio::test]
async fn syntax_comes_before_the_key_and_the_key_before_the_rest() {
    let api = Api::new();
    let syntax = with_key(&api, "POST", "/vcon?ingress_lists=", "wrong", "{").await;
    syntax.refuses(&[("json_invalid", json!(["body", 0]))]);
    with_key(&api, "POST", "/vcon", "wrong", "{}")
        .await
        .is(403, json!({"detail": "Invalid API Key"}));
    let undecodable = request("POST", "/vcon").body(Body::from(&b"\"\xff\""[..])).unwrap();
    api.send(undecodable)
        .await
        .is(400, json!({"detail": "There was an error parsing the body"}));
}

#[tokio::test]
async fn a_large_body_without_a_key_is_not_read() {
    let api = Api::new();
    let large = "[".repeat(65_537);
    with_key(&api, "POST", "/vcon", "wrong", &large)
        .await
        .is(403, json!({"detail": "Invalid API Key"}));
}

#[test]
fn the_state_never_prints_its_keys() {
    assert!(!format!("{:?}", settings()).contains(KEY));
}
