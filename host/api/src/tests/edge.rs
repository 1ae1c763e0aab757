//! The edge of every route: prefix, slashes, methods, headers, CORS, request ids.

use serde_json::json;

use super::*;

async fn plain(api: &Api, method: &str, path: &str) -> Answer {
    api.send(request(method, path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_prefix_is_taken_off_once() {
    let api = Api::new();
    assert_eq!(plain(&api, "GET", "/health").await.status, 200);
    assert_eq!(plain(&api, "GET", "/api/health").await.status, 200);
    for path in ["/api", "/api/", "/api/api/health", "/apihealth", "/apix/health"] {
        plain(&api, "GET", path).await.is(404, json!({"detail": "Not Found"}));
    }
    for root_path in ["", "/api/", "api"] {
        let api = Api::with(
            Settings {
                root_path: root_path.into(),
                ..settings()
            },
            Snapshot::default(),
        );
        assert_eq!(plain(&api, "GET", "/health").await.status, 200);
        assert_eq!(plain(&api, "GET", "/api/health").await.status, 404, "{root_path:?}");
    }
    let deep = Api::with(
        Settings {
            root_path: "/a/b".into(),
            ..settings()
        },
        Snapshot::default(),
    );
    deep.append("x", &["1"]).await;
    plain(&deep, "GET", "/a/b/stats/queue?list_name=x")
        .await
        .is(200, json!({"list_name": "x", "depth": 1}));
}

#[tokio::test]
async fn a_slash_too_many_is_redirected() {
    let api = Api::new();
    for (path, location) in [
        ("/health/", "http://here:8000/health"),
        ("/api/vcon/?page=2&x=%20", "http://here:8000/api/vcon?page=2&x=%20"),
        ("/vcon/abc/", "http://here:8000/vcon/abc"),
        ("/vcon//", "http://here:8000/vcon"),
    ] {
        let answer = plain(&api, "GET", path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (307, location));
    }
    assert_eq!(
        plain(&api, "POST", "/vcon/").await.status,
        307,
        "before the key is asked for"
    );
    assert_eq!(plain(&api, "GET", "/nothing/").await.status, 404);
}

#[tokio::test]
async fn a_wrong_method_is_refused_with_the_first_right_one() {
    let api = Api::new();
    let cases = [
        ("PUT", "/vcon", "GET"),
        ("PATCH", "/api/vcon", "GET"),
        ("POST", "/health", "GET"),
        ("GET", "/dlq/reprocess", "POST"),
        ("PUT", "/vcon/ingress", "GET"),
        ("PUT", "/vcon/x", "GET"),
        ("HEAD", "/vcon", "GET"),
        ("HEAD", "/dlq/reprocess", "POST"),
        ("OPTIONS", "/vcon", "GET"),
        ("DELETE", "/config", "GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = plain(&api, method, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, allowed),
            "{method} {path}"
        );
        if method != "HEAD" {
            assert_eq!(answer.json(), json!({"detail": "Method Not Allowed"}));
        }
    }
    assert_eq!(plain(&api, "HEAD", "/nothing").await.status, 404);
}

#[tokio::test]
async fn names_of_routes_are_no_uuids() {
    let api = Api::new();
    for (method, path) in [
        ("GET", "/vcon/ingress"),
        ("GET", "/vcon/external-ingress"),
        ("DELETE", "/vcon/egress"),
        ("DELETE", "/api/vcon/count"),
    ] {
        let answer = api.send(keyed(method, path, Body::empty())).await;
        answer.refuses(&[("uuid_parsing", json!(["path", "vcon_uuid"]))]);
    }
}

#[tokio::test]
async fn every_response_has_the_version_and_a_request_id() {
    let api = Api::new();
    for (method, path) in [
        ("GET", "/health"),
        ("GET", "/nothing"),
        ("PUT", "/vcon"),
        ("GET", "/vcon"),
        ("GET", "/health/"),
    ] {
        let answer = plain(&api, method, path).await;
        assert_eq!(answer.header("x-vcon-server-version"), "1.2.3", "{path}");
        assert_eq!(answer.header("x-vcon-server-commit"), "abc");
        assert_eq!(answer.header("x-request-id").len(), 32);
    }
}

#[tokio::test]
async fn a_short_plain_request_id_is_accepted() {
    let api = Api::new();
    let long = "a".repeat(129);
    for (id, taken) in [
        ("abc-1_2.3:4", true),
        ("", false),
        ("a b", false),
        ("a\"b", false),
        (long.as_str(), false),
    ] {
        let request = request("GET", "/health")
            .header("x-request-id", id)
            .body(Body::empty())
            .unwrap();
        assert_eq!(api.send(request).await.header("x-request-id") == id, taken, "{id}");
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_send_requests() {
    let api = Api::new();
    let ask = request("OPTIONS", "/vcon").header("origin", "https://page.example");
    let ask = ask
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-conserver-api-token, a");
    let answer = api.send(ask.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "OK"));
    assert!(answer.header("content-type").starts_with("text/plain"));
    assert_eq!(answer.header("access-control-allow-origin"), "https://page.example");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "x-conserver-api-token, a"
    );
    assert_eq!(answer.header("access-control-max-age"), "600");
    assert_eq!(answer.header("vary"), "Origin");
    assert_eq!(answer.header("x-vcon-server-version"), "1.2.3");

    let from_page = request("GET", "/vcon").header("origin", "https://page.example");
    let answer = api.send(from_page.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("vary"), "");

    let with_cookie = request("GET", "/health")
        .header("origin", "https://page.example")
        .header("cookie", "a=b");
    let answer = api.send(with_cookie.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://page.example");
    assert_eq!(answer.header("vary"), "Origin");
    assert_eq!(
        plain(&api, "GET", "/health")
            .await
            .header("access-control-allow-origin"),
        ""
    );
}
