//! The event bus: every listener receives all events, and no publisher waits.

use futures::StreamExt as _;
use futures::stream::BoxStream;

use super::*;

on_both!(
    every_listener_receives_all_events_in_order,
    an_event_without_listeners_is_dropped,
    a_slow_listener_delays_no_other
);

fn numbered(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|i| format!(r#"{{"n":{i}}}"#)).collect()
}

async fn take(stream: &mut BoxStream<'static, String>, count: usize) -> Vec<String> {
    let taken = tokio::time::timeout(Duration::from_secs(20), stream.take(count).collect());
    taken.await.expect("published events are received")
}

/// Waits for this number of listeners. The server notices those that have left with a delay.
async fn until_listeners(fixture: &StoreFixture, count: u64) {
    let all = async {
        while fixture.store.listeners().await.unwrap() != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
}

async fn every_listener_receives_all_events_in_order(fixture: StoreFixture) {
    let mut one = fixture.store.subscribe().await.unwrap();
    let mut two = fixture.store.subscribe().await.unwrap();
    assert!(fixture.store.listeners().await.unwrap() > 0);
    fixture.store.publish(&numbered(0, 50)).await.unwrap();
    fixture.store.publish(&[]).await.unwrap();
    fixture.store.publish(&numbered(50, 100)).await.unwrap();
    assert_eq!(take(&mut one, 100).await, numbered(0, 100));
    assert_eq!(take(&mut two, 100).await, numbered(0, 100));
    let mut late = fixture.store.subscribe().await.unwrap();
    fixture.store.publish(&numbered(100, 101)).await.unwrap();
    assert_eq!(
        take(&mut late, 1).await,
        numbered(100, 101),
        "a listener gets events from its subscription on"
    );
}

async fn an_event_without_listeners_is_dropped(fixture: StoreFixture) {
    assert_eq!(fixture.store.listeners().await.unwrap(), 0);
    fixture.store.publish(&numbered(0, 10)).await.unwrap();
    let stream = fixture.store.subscribe().await.unwrap();
    until_listeners(&fixture, 1).await;
    drop(stream);
    until_listeners(&fixture, 0).await;
    let mut again = fixture.store.subscribe().await.unwrap();
    fixture.store.publish(&numbered(0, 1)).await.unwrap();
    assert_eq!(take(&mut again, 1).await, numbered(0, 1));
}

async fn a_slow_listener_delays_no_other(fixture: StoreFixture) {
    const ALL: usize = 30_000;
    let mut slow = fixture.store.subscribe().await.unwrap();
    let mut quick = fixture.store.subscribe().await.unwrap();
    for from in (0..ALL).step_by(1000) {
        fixture.store.publish(&numbered(from, from + 1000)).await.unwrap();
        assert_eq!(take(&mut quick, 1000).await, numbered(from, from + 1000));
    }
    // It has lost the events that it did not read in time. It still receives the last one.
    let first = take(&mut slow, 1).await.remove(0);
    assert_ne!(first, numbered(0, 1)[0], "the backlog has no end");
    let last = numbered(ALL - 1, ALL).remove(0);
    while take(&mut slow, 1).await[0] != last {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_listens_again_after_an_outage() {
    let mut fixture = StoreFixture::redis().await;
    let mut stream = fixture.store.subscribe().await.unwrap();
    fixture.server.as_mut().unwrap().kill();
    assert!(
        fixture.store.publish(&numbered(0, 1)).await.is_err(),
        "the loss of an event was not reported"
    );
    fixture.server.as_mut().unwrap().spawn();
    while fixture.store.ping().await.is_err() {}
    until_listeners(&fixture, 1).await;
    fixture.store.publish(&numbered(1, 2)).await.unwrap();
    assert_eq!(take(&mut stream, 1).await, numbered(1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_listener_fails_while_the_store_is_unavailable() {
    let mut fixture = StoreFixture::redis().await;
    fixture.server.as_mut().unwrap().kill();
    assert!(matches!(
        fixture.store.subscribe().await,
        Err(StoreError::Unavailable(_))
    ));
    fixture.server.as_mut().unwrap().spawn();
    while fixture.store.ping().await.is_err() {}
    let mut stream = fixture.store.subscribe().await.unwrap();
    fixture.store.publish(&numbered(0, 1)).await.unwrap();
    assert_eq!(take(&mut stream, 1).await, numbered(0, 1));
}

/// Other programs listen and publish on the same channel. A message that is not text is skipped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_other_programs_are_received() {
    let fixture = StoreFixture::redis().await;
    let mut stream = fixture.store.subscribe().await.unwrap();
    let _: i64 = fixture
        .server()
        .raw_bytes(&[b"PUBLISH", b"vconduit:events", b"\xff\xfe"])
        .await;
    let heard: i64 = fixture.server().raw(&["PUBLISH", "vconduit:events", "theirs"]).await;
    assert_eq!(heard, 1);
    assert_eq!(take(&mut stream, 1).await, ["theirs"]);
}
