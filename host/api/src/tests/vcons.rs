//! vCons: stored, read, listed, searched and deleted, as the Conserver does.

use axum::body::Body;
use serde_json::{Value, json};

use super::*;
use vcon_document::Text;
use vconduit_test_support::Fault;

#[tokio::test]
async fn a_vcon_is_stored_read_and_deleted() {
    let api = Api::new();
    let created = api.post("/vcon", &vcon(ID)).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("content-type"), "application/json");
    assert_eq!(
        created.text,
        api.raw(ID).await.unwrap(),
        "the answer is the stored document, byte for byte"
    );
    let got = api.get(&format!("/vcon/{ID}")).await;
    assert_eq!((got.status.as_u16(), &got.text), (200, &created.text));
    let deleted = api.delete(&format!("/vcon/{ID}")).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    api.get(&format!("/vcon/{ID}"))
        .await
        .is(404, json!({"detail": "vCon not found"}));
    assert_eq!(api.delete(&format!("/vcon/{ID}")).await.status, 204);
}

#[tokio::test]
async fn every_spelling_of_a_uuid_finds_it() {
    let api = Api::new();
    api.post("/vcon", &vcon(ID)).await;
    for spelling in [
        ID.to_uppercase(),
        ID.replace('-', ""),
        format!("%7B{ID}%7D"),
        format!("urn:uuid:{ID}"),
    ] {
        assert_eq!(api.get(&format!("/vcon/{spelling}")).await.status, 200, "{spelling}");
    }
}

#[tokio::test]
async fn members_that_the_host_does_not_know_are_kept() {
    let api = Api::new();
    let mut document = vcon(ID);
    document["meta"] = json!({"a": [1, null]});
    api.post("/vcon", &document).await;
    assert_eq!(
        api.get(&format!("/vcon/{ID}")).await.json()["meta"],
        json!({"a": [1, null]})
    );
}

#[tokio::test]
async fn listing_is_newest_first_in_pages() {
    let api = Api::new();
    let mut ids = Vec::new();
    for at in 0..12 {
        let id = format!("{at:08x}-2222-4333-8444-555555555555");
        let mut document = vcon(&id);
        document["created_at"] = json!(format!("2024-03-01T10:00:{at:02}Z"));
        assert_eq!(api.post("/vcon", &document).await.status, 201);
        ids.insert(0, id);
    }
    api.get("/vcon").await.is(200, json!(ids));
    api.get("/vcon?page=2&size=5").await.is(200, json!(ids[5..10]));
    api.get("/vcon?since=2024-03-01T10:00:10Z")
        .await
        .is(200, json!(ids[..2]));
    api.get("/vcon?until=2024-03-01T10:00:01.9")
        .await
        .is(200, json!(ids[10..]));
    api.get("/vcon?since=1709287210&until=1709287210000")
        .await
        .is(200, json!([ids[1]]));
    api.get("/vcon?page=0").await.is(200, json!([]));
    api.get("/vcon?size=0").await.is(200, json!([]));
    api.get("/vcon?size=-1").await.is(200, json!(ids));
    api.get("/vcon?page=9223372036854775807&size=9223372036854775807")
        .await
        .is(200, json!([]));
    api.get("/vcon?since=2030-01-01").await.is(200, json!([]));
}

#[tokio::test]
async fn a_batch_is_returned_in_the_order_asked_for() {
    let api = Api::new();
    api.post("/vcon", &vcon(ID)).await;
    let answer = api
        .get(&format!("/vcons?vcon_uuids={OTHER}&vcon_uuids={ID}&vcon_uuids={ID}"))
        .await;
    let stored: Value = serde_json::from_str(&api.raw(ID).await.unwrap()).unwrap();
    answer.is(200, json!([null, stored, stored]));
    assert_eq!(api.store.calls("get"), 1, "one read for all");
    api.get("/vcons")
        .await
        .refuses(&[("missing", json!(["query", "vcon_uuids"]))]);
}

#[tokio::test]
async fn search_finds_what_carries_all_terms() {
    let api = Api::new();
    api.post("/vcon", &vcon(ID)).await;
    let mut other = vcon(OTHER);
    other["parties"] = json!([{"tel": "+12025550123", "name": "Bob"}]);
    api.post("/vcon", &other).await;
    let none = json!({"detail": "At least one search parameter must be provided"});
    api.get("/vcons/search").await.is(400, none);
    let both = api.get("/vcons/search?tel=%2B12025550123").await.json();
    assert_eq!(both.as_array().unwrap().len(), 2);
    api.get("/vcons/search?tel=%2B12025550123&name=Bob")
        .await
        .is(200, json!([OTHER]));
    api.get("/vcons/search?tel=%2B12025550123&name=Nobody")
        .await
        .is(200, json!([]));
    api.get("/vcons/search?tel=&name=Bob").await.is(200, json!([OTHER]));
    api.get("/vcons/search?name=").await.is(200, json!([]));
    api.get("/vcons/search?name=bob").await.is(200, json!([]));
    api.store.fail_all(Fault::Refused);
    api.get("/vcons/search?name=Bob")
        .await
        .is(500, json!({"detail": "An error occurred during the search"}));
}

#[tokio::test]
async fn documents_without_an_index_are_indexed_again() {
    let api = Api::new();
    for id in [ID, OTHER, "aaaaaaaa-2222-4333-8444-555555555555"] {
        api.keep(id, &vcon(id).to_string()).await;
    }
    api.keep("broken", "[1]").await;
    api.get("/vcon").await.is(200, json!([]));
    api.get("/index_vcons").await.is(200, json!(4));
    for term in ["mailto=a@example.com", "name=Ann", "tel=%2B12025550123"] {
        let found = api.get(&format!("/vcons/search?{term}")).await.json();
        assert_eq!(found.as_array().unwrap().len(), 3, "{term}");
    }
    assert_eq!(api.get("/vcon").await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_store_that_refuses_and_one_that_is_unavailable_give_different_errors() {
    let api = Api::new();
    api.store.fail_all(Fault::Refused);
    api.post("/vcon", &vcon(ID))
        .await
        .is(500, json!({"detail": "Failed to store vCon"}));
    let unexplained = api.get(&format!("/vcon/{ID}")).await;
    assert_eq!(unexplained.status, 500);
    assert_eq!(unexplained.json()["detail"], "Internal Server Error");
    assert_eq!(unexplained.json()["request_id"], unexplained.header("x-request-id"));
    assert_eq!(
        api.delete(&format!("/vcon/{ID}")).await.status,
        204,
        "as the Conserver answers"
    );
    api.store.fail_all(Fault::Unavailable);
    let away = api.post("/vcon", &vcon(ID)).await;
    assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "2"));
    assert_eq!(
        away.json()["detail"],
        "Failed to store vCon: the working store is away; try again"
    );
    api.get("/vcon")
        .await
        .is(503, json!({"detail": "the working store is away; try again"}));
    assert_eq!(api.delete(&format!("/vcon/{ID}")).await.status, 503);
}

#[tokio::test]
async fn the_trace_context_goes_with_the_id() {
    let api = Api::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = request("POST", "/vcon?ingress_lists=a&ingress_lists=b").header("x-conserver-api-token", KEY);
    let request = request
        .header("traceparent", trace)
        .body(Body::from(vcon(ID).to_string()))
        .unwrap();
    assert_eq!(api.send(request).await.status, 201);
    let expected = json!({
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "trace_flags": 1, "is_sampled": true,
    });
    for list in ["a", "b"] {
        let context = api.claim(list).await.context.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&context).unwrap(), expected, "{list}");
    }
}

#[tokio::test]
async fn vcons_leave_with_old_names_where_the_deployment_wants_them() {
    let api = Api::with(
        Settings {
            egress: EgressFormat::V0_0_1,
            ..settings()
        },
        Snapshot::default(),
    );
    let current = json!({
        "uuid": ID, "vcon": "0.4.0", "created_at": "2024-03-01T10:00:00+00:00", "parties": [], "dialog": [],
        "analysis": [], "attachments": [{"purpose": "tags", "body": "[\"a:b\"]", "encoding": "json"}],
    });
    api.keep(ID, &current.to_string()).await;
    for got in [
        api.get(&format!("/vcon/{ID}")).await.json(),
        api.get(&format!("/vcons?vcon_uuids={ID}")).await.json()[0].clone(),
    ] {
        assert_eq!(got["vcon"], "0.0.1");
        assert_eq!(
            got["attachments"],
            json!([{"type": "tags", "body": ["a:b"], "encoding": "none"}])
        );
    }
    let created = api.post("/vcon", &vcon(OTHER)).await;
    assert_eq!(
        created.text,
        api.raw(OTHER).await.unwrap(),
        "what is stored is answered as stored"
    );
    let plain = Api::new();
    plain.keep(ID, &current.to_string()).await;
    plain.get(&format!("/vcon/{ID}")).await.is(200, current);
}

#[tokio::test]
async fn a_panic_is_a_response() {
    let api = Api::new();
    api.store.fail_all(Fault::Panic);
    let answer = api.get(&format!("/vcon/{ID}")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["detail"], "Internal Server Error");
    assert!(!answer.text.contains("a test wants"));
    assert_eq!(answer.header("x-vcon-server-version"), "1.2.3");
}

#[tokio::test]
async fn a_shared_text_is_not_copied() {
    let text: Text = "{}".into();
    let response = crate::edge::reply::document(StatusCode::OK, text.clone());
    let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(body.as_ptr(), text.as_ptr(), "the body is a copy of the text");
}
