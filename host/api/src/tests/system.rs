//! The state of the host, and the description of the API.

use serde_json::{Value, json};

use super::*;
use crate::readiness::STARTING;
use vconduit_test_support::Fault;

#[tokio::test]
async fn health_and_version_need_no_store() {
    let api = Api::new();
    let version = json!({"version": "1.2.3", "git_commit": "abc", "build_time": "today"});
    api.store.fail_all(Fault::Unavailable);
    api.get("/health")
        .await
        .is(200, json!({"status": "healthy", "version": version}));
    api.get("/version").await.is(200, version);
}

#[tokio::test]
async fn ready_only_when_chains_can_run_and_the_store_answers() {
    let api = Api::new();
    api.get("/ready").await.is(
        503,
        json!({"status": "not ready", "reasons": {"host": "the host is starting"}}),
    );
    api.readiness.clear(STARTING);
    api.get("/ready")
        .await
        .is(200, json!({"status": "ready", "reasons": {}}));
    api.readiness.hold("links", "component of link a is being compiled");
    api.store.fail_all(Fault::Unavailable);
    let answer = api.get("/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json()["reasons"]["links"],
        "component of link a is being compiled"
    );
    assert!(
        answer.json()["reasons"]["store"]
            .as_str()
            .unwrap()
            .contains("unavailable")
    );
}

#[tokio::test]
async fn metrics_are_served_as_text() {
    let answer = Api::new().get("/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "a_metric 1\n"));
    assert!(answer.header("content-type").starts_with("text/plain"));
}

/// Routes of the Conserver: method, path, tag.
const ROUTES: [(&str, &str, &str); 19] = [
    ("get", "/health", "system"),
    ("get", "/version", "system"),
    ("get", "/stats/queue", "system"),
    ("get", "/ready", "system"),
    ("get", "/vcon", "vcon"),
    ("post", "/vcon", "vcon"),
    ("get", "/vcon/egress", "chain"),
    ("get", "/vcon/{vcon_uuid}", "vcon"),
    ("delete", "/vcon/{vcon_uuid}", "vcon"),
    ("get", "/vcons", "vcon"),
    ("get", "/vcons/search", "vcon"),
    ("post", "/vcon/ingress", "chain"),
    ("get", "/vcon/count", "chain"),
    ("post", "/vcon/external-ingress", "external"),
    ("get", "/config", "config"),
    ("post", "/config", "config"),
    ("get", "/dlq", "dlq"),
    ("post", "/dlq/reprocess", "dlq"),
    ("get", "/index_vcons", "config"),
];

#[tokio::test]
async fn the_description_holds_every_route() {
    let api = Api::new();
    let description = api.get("/api/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["servers"], json!([{"url": "/api"}]));
    for (method, path, tag) in ROUTES {
        let operation = &description["paths"][path][method];
        assert_eq!(operation["tags"], json!([tag]), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
        let keyed = !matches!(tag, "system" | "external");
        assert_eq!(
            operation["security"] == json!([{"APIKeyHeader": []}]),
            keyed,
            "{method} {path}"
        );
        assert_eq!(
            operation["responses"]["403"].is_object(),
            tag != "system",
            "{method} {path}"
        );
    }
    assert_eq!(
        description["paths"]["/vcon/{vcon_uuid}"]["get"]["operationId"],
        "get_vcon_vcon__vcon_uuid__get"
    );
    let scheme = &description["components"]["securitySchemes"]["APIKeyHeader"];
    assert_eq!(
        (&scheme["type"], &scheme["in"], &scheme["name"]),
        (&json!("apiKey"), &json!("header"), &json!("x-conserver-api-token"))
    );
    for schema in [
        "Vcon",
        "PartyEntry",
        "DialogEntry",
        "HTTPValidationError",
        "ValidationError",
    ] {
        assert!(description["components"]["schemas"][schema].is_object(), "{schema}");
    }
    let ids: Vec<&Value> = ROUTES
        .iter()
        .map(|(method, path, _)| &description["paths"][path][method]["operationId"])
        .collect();
    let distinct: std::collections::HashSet<_> = ids.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), ids.len());
}

/// After a change that is intended, `tests/run --accept` updates the snapshot.
#[tokio::test]
async fn the_description_is_the_one_agreed_on() {
    let description = Api::new().get("/openapi.json").await.json();
    insta::with_settings!({prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("openapi", description);
    });
}

#[tokio::test]
async fn every_reference_of_the_description_leads_somewhere() {
    let api = Api::new();
    let answer = api.get("/openapi.json").await;
    let description = answer.json();
    for reference in answer.text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_docs_need_no_other_host() {
    let api = Api::new();
    let page = api.get("/docs").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.text.contains("//"), "no address of another host: {}", page.text);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    let links = page
        .text
        .split("src=\"")
        .skip(1)
        .chain(page.text.split("href=\"").skip(1));
    let links: Vec<&str> = links
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|link| *link != "docs/")
        .collect();
    assert_eq!(links.len(), 4);
    for link in links {
        for prefix in ["", "/api"] {
            let asset = request("GET", &format!("{prefix}/docs/{link}"))
                .body(Body::empty())
                .unwrap();
            let response = tower::ServiceExt::oneshot(api.router.clone(), asset).await.unwrap();
            assert_eq!(response.status(), 200, "{link}");
        }
    }
    assert!(api.get("/docs/start.js").await.text.contains("validatorUrl: null"));
    assert_eq!(
        api.get("/docs/swagger-ui.js").await.status,
        404,
        "only what the page asks for"
    );
    let redoc = api.get("/redoc").await;
    assert_eq!((redoc.status.as_u16(), redoc.header("location")), (307, "docs"));
}

#[tokio::test]
async fn a_host_that_only_runs_chains_serves_its_state_only() {
    let all = Api::new();
    let store = all.store.clone();
    let documents = Arc::new(Documents::new(store.clone(), all.live.clone(), &settings()));
    let (links, follower) = links(&all.store, &all.live);
    let state = ApiState::new(ApiParts {
        documents,
        store,
        live: all.live.clone(),
        settings: Arc::new(settings()),
        readiness: Arc::default(),
        metrics: Arc::new(String::new),
        links,
        follower,
        stats: LinkStats::default(),
        secrets: Arc::default(),
        admission: all.admission.clone(),
        oci: Arc::new(Oci::new(OciSettings::default())),
        events: Events::new(HostId::new("here").unwrap()).0,
        stopping: CancellationToken::new(),
        loopback: true,
    });
    let api = Api {
        router: router(state.unwrap(), Served::System),
        ..all
    };
    assert_eq!(api.get("/health").await.status, 200);
    api.get("/vcon").await.is(404, json!({"detail": "Not Found"}));
}
