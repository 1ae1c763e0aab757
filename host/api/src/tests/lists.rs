//! Lists and dead letters of clients.

use serde_json::json;

use super::*;
use vconduit_engine::registry::config_reader;
use vconduit_test_support::Fault;

#[tokio::test]
async fn a_posted_vcon_is_on_its_lists() {
    let api = Api::new();
    assert_eq!(
        api.post("/vcon?ingress_lists=X&ingress_lists=a,b", &vcon(ID))
            .await
            .status,
        201
    );
    api.get("/vcon/egress?egress_list=X&limit=1").await.is(200, json!([ID]));
    api.get("/vcon/egress?egress_list=X&limit=1").await.is(200, json!([]));
    assert_eq!(api.entries("a,b").await, [ID], "a comma is part of the name");
    assert_eq!(api.puts(), 1, "all in one step");
}

#[tokio::test]
async fn the_newest_entry_of_an_egress_list_comes_first() {
    let api = Api::new();
    api.append("out", &["1", "2", "3"]).await;
    api.get("/vcon/egress?egress_list=out").await.is(200, json!(["3"]));
    api.get("/vcon/egress?egress_list=out&limit=0").await.is(200, json!([]));
    api.get("/vcon/egress?egress_list=out&limit=-5")
        .await
        .is(200, json!([]));
    api.get("/vcon/egress?egress_list=out&limit=100")
        .await
        .is(200, json!(["2", "1"]));
    api.store.fail_all(Fault::Refused);
    api.get("/vcon/egress?egress_list=out")
        .await
        .is(500, json!({"detail": "Failed to pop from egress list"}));
}

#[tokio::test]
async fn the_entries_of_a_list_are_counted() {
    let api = Api::new();
    api.append("out", &["1", "2", "3"]).await;
    api.get("/vcon/count?egress_list=out").await.is(200, json!(3));
    api.get("/vcon/count?egress_list=none").await.is(200, json!(0));
    let open = api
        .send(
            request("GET", "/stats/queue?list_name=out")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    open.is(200, json!({"list_name": "out", "depth": 3}));
    api.get("/stats/queue")
        .await
        .refuses(&[("missing", json!(["query", "list_name"]))]);
    api.store.fail_all(Fault::Refused);
    api.get("/vcon/count?egress_list=out")
        .await
        .is(500, json!({"detail": "Failed to count egress list"}));
    api.get("/stats/queue?list_name=out")
        .await
        .is(500, json!({"detail": "Failed to get queue depth"}));
}

#[tokio::test]
async fn only_what_exists_is_queued_again() {
    let api = Api::new();
    api.post("/vcon", &vcon(ID)).await;
    let answer = api
        .post(
            "/vcon/ingress?ingress_list=again",
            &json!([OTHER, ID.to_uppercase(), ID]),
        )
        .await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_eq!(api.entries("again").await, [ID, ID]);
    assert_eq!(api.store.calls("push"), 1);
    assert_eq!(
        api.post("/vcon/ingress?ingress_list=again", &json!([])).await.status,
        204
    );
    assert_eq!(
        api.post("/vcon/ingress?ingress_list=again", &json!([OTHER]))
            .await
            .status,
        204
    );
    assert_eq!(api.store.calls("push"), 1);
    api.store.fail_all(Fault::Refused);
    let failed = api.post("/vcon/ingress?ingress_list=again", &json!([ID])).await;
    failed.is(500, json!({"detail": "Failed to add to ingress list"}));
}

#[tokio::test]
async fn bad_ids_to_queue_are_named() {
    let api = Api::new();
    let answer = api.post("/vcon/ingress", &json!(["x", 5, ID])).await;
    let faults = [
        ("missing", json!(["query", "ingress_list"])),
        ("uuid_parsing", json!(["body", 0])),
        ("uuid_type", json!(["body", 1])),
    ];
    answer.refuses(&faults);
    let answer = api.post("/vcon/ingress?ingress_list=a", &json!({"uuids": [ID]})).await;
    answer.refuses(&[("list_type", json!(["body"]))]);
    let answer = api.post_text("/vcon/ingress?ingress_list=a", "[").await;
    answer.refuses(&[("json_invalid", json!(["body", 0]))]);
}

#[tokio::test]
async fn many_bad_ids_are_not_all_named() {
    let api = Api::new();
    let answer = api.post("/vcon/ingress?ingress_list=a", &json!(vec![0; 100_000])).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.json()["detail"].as_array().unwrap().len()
        ),
        (422, 100)
    );
}

#[tokio::test]
async fn dead_letters_are_read_and_tried_again() {
    let api = Api::new();
    api.append("DLQ:in", &["1", "2", "3"]).await;
    api.get("/dlq?ingress_list=in").await.is(200, json!(["1", "2", "3"]));
    let again = |count| format!("/dlq/reprocess?ingress_list=in&count={count}");
    let request = keyed("POST", &again("2"), Body::empty());
    api.send(request).await.is(200, json!(2));
    assert_eq!(api.entries("in").await, ["1", "2"]);
    api.send(keyed("POST", "/dlq/reprocess?ingress_list=in", Body::empty()))
        .await
        .is(200, json!(1));
    api.send(keyed("POST", "/dlq/reprocess?ingress_list=in", Body::empty()))
        .await
        .is(200, json!(0));
    for (count, kind) in [
        ("0", "greater_than_equal"),
        ("100001", "less_than_equal"),
        ("x", "int_parsing"),
    ] {
        let answer = api.send(keyed("POST", &again(count), Body::empty())).await;
        answer.refuses(&[(kind, json!(["query", "count"]))]);
    }
    api.store.fail_all(Fault::Refused);
    api.get("/dlq?ingress_list=in")
        .await
        .is(500, json!({"detail": "Failed to read DLQ"}));
    let failed = api
        .send(keyed("POST", "/dlq/reprocess?ingress_list=in", Body::empty()))
        .await;
    failed.is(500, json!({"detail": "Failed to reprocess DLQ"}));
}

/// With a key of the API, no one may read or write what the store keeps under names of its own.
#[tokio::test]
async fn a_list_above_its_mark_takes_nothing_new_and_says_so() {
    let settings = Settings {
        admit_depth: 2,
        ..settings()
    };
    let text = "chains: {main: {links: [], ingress_lists: [in]}}";
    let config = config_reader(Vec::new()).text(text, "c.yml").config.unwrap();
    let snapshot = Snapshot {
        config,
        ..Snapshot::default()
    };
    let api = Api::with(settings, snapshot);
    for _ in 0..2 {
        let posted = api.post("/vcon?ingress_lists=in", &vcon(ID)).await;
        assert_eq!(posted.status, 201, "{}", posted.text);
    }
    api.admission.look(api.store.as_ref(), &api.live).await;
    let wanted = json!({"detail": "the list in has 2 entries; try again when its chain has worked on them"});
    let refused = api.post("/vcon?ingress_lists=out&ingress_lists=in", &vcon(ID)).await;
    assert!(refused.headers.contains_key("retry-after"), "{:?}", refused.headers);
    refused.is(503, wanted.clone());
    api.post("/vcon/ingress?ingress_list=in", &json!([ID]))
        .await
        .is(503, wanted);
    assert_eq!(
        api.post("/vcon?ingress_lists=out", &vcon(ID)).await.status,
        201,
        "another list"
    );
    assert_eq!(api.post("/vcon", &vcon(ID)).await.status, 201, "no list");
    let taken = api.get("/vcon/egress?egress_list=in&limit=2").await;
    assert_eq!(taken.status, 200);
    api.admission.look(api.store.as_ref(), &api.live).await;
    assert_eq!(
        api.post("/vcon?ingress_lists=in", &vcon(ID)).await.status,
        201,
        "there is room again"
    );
}

#[tokio::test]
async fn lists_with_names_of_the_store_are_refused() {
    let api = Api::new();
    for name in ["vconduit:audit", "vconduit:claims:{new}", "vcon:1", "context:in:1"] {
        let name = name.replace('{', "%7B").replace('}', "%7D");
        for path in [
            format!("/vcon/egress?egress_list={name}&limit=10000"),
            format!("/vcon/count?egress_list={name}"),
            format!("/dlq?ingress_list={name}"),
        ] {
            let response = api.get(&path).await;
            assert_eq!(response.status, 422, "{path}: {}", response.text);
            assert!(
                response.text.contains("belong to the host"),
                "{path}: {}",
                response.text
            );
        }
        let posted = api.post(&format!("/vcon?ingress_lists={name}"), &vcon(ID)).await;
        assert_eq!(posted.status, 422, "{}", posted.text);
    }
    assert_eq!(api.puts(), 0, "a document was stored");
}

#[tokio::test]
async fn dead_letters_of_a_storage_are_not_moved_to_a_list_that_no_chain_reads() {
    let api = Api::new();
    api.append("DLQ:storage:s3", &[ID]).await;
    let response = api.post("/dlq/reprocess?ingress_list=storage:s3", &Value::Null).await;
    assert_eq!(response.status, 422, "{}", response.text);
    assert!(
        response.text.contains("POST /dlq/storage/reprocess"),
        "{}",
        response.text
    );
    assert_eq!(api.entries("DLQ:storage:s3").await, [ID]);
}

#[tokio::test]
async fn one_call_takes_ten_thousand_ids_at_most() {
    let api = Api::new();
    let ids: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    api.append("out", &ids).await;
    let taken = api
        .get(&format!("/vcon/egress?egress_list=out&limit={}", i64::MAX))
        .await;
    assert_eq!(taken.json().as_array().unwrap().len(), 10_000);
    assert_eq!(api.entries("out").await, ["0"]);
}
