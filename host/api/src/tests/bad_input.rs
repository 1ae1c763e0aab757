//! Requests that are not valid: each gets a response that names its faults.

use std::convert::Infallible;

use bytes::Bytes;
use serde_json::json;

use super::*;

async fn post(body: impl Into<Body>) -> Answer {
    let api = Api::new();
    let answer = api.post_text("/vcon", body).await;
    assert_eq!(api.puts(), 0, "nothing was stored");
    answer
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    for body in [
        "{",
        "{\"a\": }",
        "nonsense",
        "{} {}",
        "{\"a\": NaN}",
        "{\"a\": Infinity}",
        "{'a': 1}",
    ] {
        let answer = post(body).await;
        assert_eq!(answer.status, 422, "{body}");
        let fault = answer.json()["detail"][0].clone();
        assert_eq!(
            (&fault["type"], &fault["loc"][0]),
            (&json!("json_invalid"), &json!("body")),
            "{body}"
        );
        assert_eq!(fault["msg"], "JSON decode error");
        assert!(fault["ctx"]["error"].is_string(), "{fault}");
        assert_eq!(answer.json()["detail"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_not_an_object_is_refused() {
    for body in ["[]", "1", "\"text\""] {
        post(body).await.refuses(&[("model_attributes_type", json!(["body"]))]);
    }
    post("").await.refuses(&[("missing", json!(["body"]))]);
    post("null").await.refuses(&[("missing", json!(["body"]))]);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let api = Api::new();
    let send = async |kind: &str| {
        let request = request("POST", "/vcon")
            .header("x-conserver-api-token", KEY)
            .header("content-type", kind);
        api.send(request.body(Body::from(vcon(ID).to_string())).unwrap()).await
    };
    for kind in [
        "text/plain",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ] {
        send(kind).await.refuses(&[("model_attributes_type", json!(["body"]))]);
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "application/vcon+json",
        "Application/JSON",
    ] {
        assert_eq!(send(kind).await.status, 201, "{kind}");
    }
}

/// Posts a vCon with this member; it is refused with one fault.
async fn refuses(member: &str, value: Value, kind: &str, loc: Value) {
    let mut document = vcon(ID);
    document[member] = value;
    post(document.to_string()).await.refuses(&[(kind, loc)]);
}

#[tokio::test]
async fn members_of_the_wrong_type_are_refused() {
    for (member, value, kind) in [
        ("parties", json!(null), "list_type"),
        ("dialog", json!(null), "list_type"),
        ("analysis", json!("text"), "list_type"),
        ("redacted", json!(null), "dict_type"),
        ("appended", json!([]), "dict_type"),
        ("uuid", json!(""), "uuid_parsing"),
        ("created_at", json!("x"), "datetime_from_date_parsing"),
        ("created_at", json!(null), "datetime_type"),
    ] {
        refuses(member, value, kind, json!(["body", member])).await;
    }
    refuses("analysis", json!([1]), "dict_type", json!(["body", "analysis", 0])).await;
    let party = json!(["body", "parties", 0]);
    refuses("parties", json!([1]), "model_attributes_type", party).await;
    let number = json!(["body", "parties", 0, "tel"]);
    refuses("parties", json!([{"tel": "x"}]), "value_error", number).await;
}

#[tokio::test]
async fn members_of_a_dialog_of_the_wrong_type_are_refused() {
    for (member, value, kind) in [
        ("duration", json!("long"), "float_parsing"),
        ("duration", json!(-1), "value_error"),
        ("mimetype", json!(5), "string_type"),
        ("mimetype", json!("audio"), "value_error"),
        ("url", json!("nowhere"), "value_error"),
    ] {
        let dialog = json!([{member: value}]);
        refuses("dialog", dialog, kind, json!(["body", "dialog", 0, member])).await;
    }
    for nobody in [7, -1] {
        let dialog = json!([{"parties": [nobody]}]);
        refuses("dialog", dialog, "value_error", json!(["body"])).await;
    }
}

#[tokio::test]
async fn all_faults_are_named_together() {
    let api = Api::new();
    let answer = api
        .post(
            "/vcon?ingress_lists=ok&ingress_lists=",
            &json!({"vcon": "0.0.1", "parties": null}),
        )
        .await;
    let faults = [
        ("value_error", json!(["query", "ingress_lists", 1])),
        ("missing", json!(["body", "uuid"])),
        ("missing", json!(["body", "created_at"])),
        ("list_type", json!(["body", "parties"])),
    ];
    answer.refuses(&faults);
    assert_eq!(answer.json()["detail"][3]["pointer"], "/parties");
}

#[tokio::test]
async fn a_body_that_is_nested_too_deep_is_refused() {
    let mut document = vcon(ID).to_string();
    document.pop();
    let body = format!("{document},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let answer = post(body).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["detail"][0]["type"]),
        (422, &json!("json_invalid"))
    );
    let endless = post("[".repeat(250_000)).await;
    assert_eq!(endless.status, 422);
}

#[tokio::test]
async fn a_member_that_is_there_twice_is_refused() {
    let body = vcon(ID).to_string().replacen('{', "{\"vcon\":\"0.0.2\",", 1);
    let answer = post(body).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["detail"][0]["type"]),
        (422, &json!("json_invalid"))
    );
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_refused() {
    post(&b"{\"vcon\": \"\xff\xfe\"}"[..])
        .await
        .is(400, json!({"detail": "There was an error parsing the body"}));
}

#[tokio::test]
async fn a_byte_order_mark_is_ignored() {
    let answer = Api::new().post_text("/vcon", format!("\u{feff}{}", vcon(ID))).await;
    assert_eq!(answer.status, 201);
}

fn too_large() -> Value {
    json!({"detail": "the body is larger than 300000 bytes; the setting VCONDUIT_MAX_BODY_BYTES raises the limit"})
}

#[tokio::test]
async fn a_body_that_declares_too_many_bytes_is_refused() {
    let api = Api::new();
    let request = request("POST", "/vcon")
        .header("x-conserver-api-token", KEY)
        .header("content-length", "300001");
    // The body never arrives. The response does not wait for it.
    let never = Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
    api.send(request.body(never).unwrap()).await.is(413, too_large());
}

#[tokio::test]
async fn a_body_that_becomes_too_large_is_refused() {
    let piece = Ok::<_, Infallible>(Bytes::from(vec![b' '; 10_000]));
    let body = Body::from_stream(futures::stream::repeat(piece));
    post(body).await.is(413, too_large());
}

#[tokio::test]
async fn a_body_of_the_largest_size_arrives_in_pieces() {
    let mut text = vcon(ID).to_string();
    text.push_str(&" ".repeat(MAX_BODY - text.len()));
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(7_777)
        .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
        .collect();
    let answer = Api::new()
        .post_text("/vcon", Body::from_stream(futures::stream::iter(pieces)))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_arrives_too_slowly_is_cut_off() {
    let body = Body::from_stream(futures::stream::unfold((), async |()| {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
    }));
    let began = tokio::time::Instant::now();
    post(body)
        .await
        .is(408, json!({"detail": "the body did not arrive in time"}));
    assert!(began.elapsed().as_secs() <= 31);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let body = Body::from_stream(futures::stream::iter([
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("gone")),
    ]));
    assert_eq!(post(body).await.status, 400);
}

#[tokio::test]
async fn parameters_of_the_wrong_type_are_refused() {
    let api = Api::new();
    let answer = api.get("/vcon?page=x&size=1.5&since=soon&until=2024-13-01").await;
    let faults = [
        ("int_parsing", json!(["query", "page"])),
        ("int_parsing", json!(["query", "size"])),
        ("datetime_from_date_parsing", json!(["query", "since"])),
        ("datetime_from_date_parsing", json!(["query", "until"])),
    ];
    answer.refuses(&faults);
    assert_eq!(answer.json()["detail"][0]["input"], "x");
    api.get("/vcon/nonsense")
        .await
        .refuses(&[("uuid_parsing", json!(["path", "vcon_uuid"]))]);
    api.delete("/vcon/nonsense")
        .await
        .refuses(&[("uuid_parsing", json!(["path", "vcon_uuid"]))]);
    api.get("/vcons?vcon_uuids=1&vcon_uuids=2").await.refuses(&[
        ("uuid_parsing", json!(["query", "vcon_uuids", 0])),
        ("uuid_parsing", json!(["query", "vcon_uuids", 1])),
    ]);
    api.get("/vcon/egress?limit=x").await.refuses(&[
        ("missing", json!(["query", "egress_list"])),
        ("int_parsing", json!(["query", "limit"])),
    ]);
    api.get("/dlq?ingress_list=a%00b")
        .await
        .refuses(&[("value_error", json!(["query", "ingress_list"]))]);
}

#[tokio::test]
async fn parameters_in_odd_spellings_are_accepted() {
    let api = Api::new();
    for query in [
        "page=+1",
        "page=%201%20",
        "page=1_0",
        "page=1.0",
        "page=x&page=1",
        "size=99999999999999999999",
        "nonsense=1",
    ] {
        assert_eq!(api.get(&format!("/vcon?{query}")).await.status, 200, "{query}");
    }
    for time in [
        "2024-03-01",
        "2024-03-01T10:00",
        "2024-03-01%2010:00:00",
        "2024-03-01t10:00:00z",
        "2024-03-01T10:00:00.5%2B02:00",
        "0",
    ] {
        assert_eq!(api.get(&format!("/vcon?since={time}")).await.status, 200, "{time}");
    }
}

#[tokio::test]
async fn a_huge_query_gets_a_response() {
    let api = Api::new();
    let query = "tel=1&".repeat(9_000);
    api.get(&format!("/vcons/search?{query}")).await.is(200, json!([]));
    let long = "9".repeat(20_000);
    api.get(&format!("/vcon/{long}"))
        .await
        .refuses(&[("uuid_parsing", json!(["path", "vcon_uuid"]))]);
    let answer = api.get(&format!("/dlq?ingress_list={long}")).await;
    answer.refuses(&[("value_error", json!(["query", "ingress_list"]))]);
    assert!(answer.text.len() < 1_000, "what was sent is not sent back in full");
}

#[tokio::test]
async fn odd_paths_are_refused_or_not_found() {
    let api = Api::new();
    for path in ["/vcon/%ff", "/vcon/%00", "/vcon/a%2Fb"] {
        assert_eq!(api.get(path).await.status, 422, "{path}");
    }
    for path in ["/nothing", "/vcon/a/b", "//vcon", "/vcon/../health", "/"] {
        api.get(path).await.is(404, json!({"detail": "Not Found"}));
    }
}
