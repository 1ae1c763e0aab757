//! The admin API: events.

use std::time::Duration;

use futures::StreamExt as _;

use super::admin_queues::{admin, api};
use super::*;

const SOON: Duration = Duration::from_secs(20);

/// The text of a stream until it ends or has a certain text in it.
async fn until(body: &mut axum::body::BodyDataStream, text: &str) -> String {
    let mut heard = String::new();
    let listening = async {
        while !heard.contains(text)
            && let Some(bytes) = body.next().await
        {
            heard += std::str::from_utf8(&bytes.unwrap()).unwrap();
        }
    };
    tokio::time::timeout(SOON, listening).await.unwrap();
    heard
}

async fn listen(api: &Api, path: &str) -> axum::body::BodyDataStream {
    let response = api
        .router
        .clone()
        .oneshot(admin("GET", path, Body::empty()))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

async fn publish(api: &Api, events: &[&str]) {
    let events: Vec<String> = events.iter().map(|event| (*event).to_owned()).collect();
    api.store.real().publish(&events).await.unwrap();
}

#[tokio::test]
async fn events_come_as_they_happen_with_their_names() {
    let api = api();
    let mut body = listen(&api, "/events").await;
    let event = r#"{"event":"vcon.failed","vcon":"v"}"#;
    publish(&api, &[event]).await;
    let heard = until(&mut body, "failed\",").await;
    assert!(
        heard.contains(&format!("event: vcon.failed\ndata: {event}\n\n")),
        "{heard}"
    );
}

#[tokio::test]
async fn only_what_was_asked_for_is_sent_and_nothing_that_is_no_event() {
    let api = api();
    let mut body = listen(&api, "/events?types=vcon.failed,link").await;
    publish(
        &api,
        &[
            r#"{"event":"vcon.claimed","n":1}"#,
            "no JSON",
            r#"{"event":"x\nevent: vcon.failed","n":2}"#,
            r#"{"event":"unheard.of","n":3}"#,
            r#"{"event":"link.uploaded","n":4}"#,
            r#"{"event":"vcon.failed","n":5}"#,
        ],
    )
    .await;
    let heard = until(&mut body, "\"n\":5").await;
    assert!(
        heard.contains("event: link.uploaded\n") && heard.contains("\"n\":4"),
        "{heard}"
    );
    for absent in ["\"n\":1", "\"n\":2", "\"n\":3", "JSON"] {
        assert!(!heard.contains(absent), "{heard}");
    }
}

#[tokio::test]
async fn events_that_do_not_exist_cannot_be_asked_for() {
    let api = api();
    for types in ["vcon.exploded", "", "vcon,", "vco"] {
        let answer = api
            .send(admin("GET", &format!("/events?types={types}"), Body::empty()))
            .await;
        assert_eq!(answer.status, 422, "{types:?}: {}", answer.text);
        assert!(answer.json()["fix"].as_str().unwrap().contains("vcon.failed"));
    }
}

#[tokio::test]
async fn a_host_that_stops_ends_the_stream() {
    let api = api();
    let mut body = listen(&api, "/events").await;
    until(&mut body, "listening").await;
    api.stopping.cancel();
    let rest = tokio::time::timeout(SOON, async { while body.next().await.is_some() {} });
    rest.await.unwrap();
}

#[tokio::test]
async fn listeners_are_bounded_and_one_who_leaves_makes_room() {
    let api = api();
    let mut listeners = Vec::new();
    let refused = loop {
        let response = api
            .router
            .clone()
            .oneshot(admin("GET", "/events", Body::empty()))
            .await
            .unwrap();
        if response.status() != 200 {
            break response.status();
        }
        assert!(listeners.len() < 10_000, "there is no bound");
        listeners.push(response);
    };
    assert_eq!(refused, 429);
    listeners.pop();
    drop(listen(&api, "/events").await);
}
