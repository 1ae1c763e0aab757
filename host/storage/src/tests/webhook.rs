//! The webhook storage, with receivers that accept, refuse and hang.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use serde_json::{Value, json};

use super::servers::free_port;
use super::{ID, make, permanent, saved, saved_as, transient, try_build, vcon};

type Seen = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// Starts a receiver that keeps its requests. It ends with the runtime of the test.
async fn receiver() -> (String, Seen) {
    async fn keep(State(seen): State<Seen>, headers: HeaderMap, body: String) -> StatusCode {
        seen.lock().unwrap().push((headers, body));
        StatusCode::OK
    }
    let seen = Seen::default();
    let routes = Router::new()
        .route("/keep", post(keep))
        .route("/refuse", post(|| async { StatusCode::FORBIDDEN }))
        .route("/busy", post(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/much", post(|| async { StatusCode::TOO_MANY_REQUESTS }))
        .route(
            "/moved",
            post(|| async { Redirect::temporary("/keep").into_response() }),
        )
        .route("/slow", post(std::future::pending::<StatusCode>))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, seen)
}

async fn received(document: Value) -> Value {
    let (address, seen) = receiver().await;
    let storage = make("storage.webhook", json!({"webhook-urls": [format!("{address}/keep")]}));
    storage.save(&saved_as(ID, &document)).await.unwrap();
    let (headers, body) = seen.lock().unwrap().pop().unwrap();
    assert_eq!(headers["content-type"], "application/json");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn an_old_or_absent_version_is_sent_as_0_3_0() {
    let current = vcon(ID, "2024-01-01T00:00:00Z");
    assert_eq!(received(current.clone()).await, current);
    let mut expected = current.clone();
    expected["vcon"] = json!("0.3.0");
    let mut old = current.clone();
    old["vcon"] = json!("0.0.1");
    assert_eq!(received(old).await, expected);
    let mut absent = current;
    absent.as_object_mut().unwrap().remove("vcon");
    assert_eq!(received(absent).await, expected);
}

#[tokio::test]
async fn an_empty_list_of_urls_is_a_warning() {
    let (storage, warnings) = try_build("storage.webhook", json!({"webhook-urls": []}), None).unwrap();
    assert_eq!(warnings[0].option, "webhook-urls");
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
}

#[tokio::test]
async fn every_url_gets_the_vcon_when_others_fail() {
    let (address, seen) = receiver().await;
    let urls = [
        format!("http://127.0.0.1:{}/x", free_port()),
        format!("{address}/refuse"),
        format!("{address}/keep"),
    ];
    let given = json!({"webhook-urls": urls, "headers": {"x-api-key": "{{secret:PASSWORD}}"}});
    let message = transient(make("webhook", given).save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(message.contains("403") && !message.contains("s3cr3t-p4ss"), "{message}");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].0["x-api-key"], "s3cr3t-p4ss");
}

#[tokio::test]
async fn responses_decide_whether_a_retry_can_help() {
    let (address, seen) = receiver().await;
    let send = |path: &str| {
        let storage = make(
            "webhook",
            json!({"webhook-urls": format!("{address}{path}?token=s3cr3t"), "timeout": 1}),
        );
        async move { storage.save(&saved("2024-01-01T00:00:00Z")).await }
    };
    let messages = [
        permanent(send("/refuse").await),
        permanent(send("/missing").await),
        permanent(send("/moved").await),
        transient(send("/busy").await),
        transient(send("/much").await),
        transient(send("/slow").await),
    ];
    assert!(
        messages
            .iter()
            .all(|message| message.contains(&address) && !message.contains("s3cr3t")),
        "{messages:?}"
    );
    assert!(seen.lock().unwrap().is_empty());
}
