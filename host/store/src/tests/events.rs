//! The bus: heard by all who listen, waited for by nobody.

use futures::StreamExt as _;
use futures::stream::BoxStream;

use super::*;

on_both!(
    every_listener_hears_all_events_in_order,
    an_event_that_nobody_listens_to_does_no_harm,
    a_slow_listener_holds_up_nobody
);

fn numbered(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|i| format!(r#"{{"n":{i}}}"#)).collect()
}

async fn take(stream: &mut BoxStream<'static, String>, count: usize) -> Vec<String> {
    let taken = tokio::time::timeout(Duration::from_secs(20), stream.take(count).collect());
    taken.await.expect("events that were told are heard")
}

/// Waits until so many listen: those who have left are noticed with a delay.
async fn until_listeners(place: &Place, count: u64) {
    let all = async {
        while place.store.listeners().await.unwrap() != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
}

async fn every_listener_hears_all_events_in_order(place: Place) {
    let mut one = place.store.subscribe().await.unwrap();
    let mut two = place.store.subscribe().await.unwrap();
    assert!(place.store.listeners().await.unwrap() > 0);
    place.store.publish(&numbered(0, 50)).await.unwrap();
    place.store.publish(&[]).await.unwrap();
    place.store.publish(&numbered(50, 100)).await.unwrap();
    assert_eq!(take(&mut one, 100).await, numbered(0, 100));
    assert_eq!(take(&mut two, 100).await, numbered(0, 100));
    let mut late = place.store.subscribe().await.unwrap();
    place.store.publish(&numbered(100, 101)).await.unwrap();
    assert_eq!(take(&mut late, 1).await, numbered(100, 101), "from then on");
}

async fn an_event_that_nobody_listens_to_does_no_harm(place: Place) {
    assert_eq!(place.store.listeners().await.unwrap(), 0);
    place.store.publish(&numbered(0, 10)).await.unwrap();
    let stream = place.store.subscribe().await.unwrap();
    until_listeners(&place, 1).await;
    drop(stream);
    until_listeners(&place, 0).await;
    let mut again = place.store.subscribe().await.unwrap();
    place.store.publish(&numbered(0, 1)).await.unwrap();
    assert_eq!(take(&mut again, 1).await, numbered(0, 1));
}

async fn a_slow_listener_holds_up_nobody(place: Place) {
    const ALL: usize = 30_000;
    let mut slow = place.store.subscribe().await.unwrap();
    let mut quick = place.store.subscribe().await.unwrap();
    for from in (0..ALL).step_by(1000) {
        place.store.publish(&numbered(from, from + 1000)).await.unwrap();
        assert_eq!(take(&mut quick, 1000).await, numbered(from, from + 1000));
    }
    // What it did not read in time is lost to it; what comes last it hears.
    let first = take(&mut slow, 1).await.remove(0);
    assert_ne!(first, numbered(0, 1)[0], "the backlog has an end");
    let last = numbered(ALL - 1, ALL).remove(0);
    while take(&mut slow, 1).await[0] != last {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_listens_again_after_an_outage() {
    let mut place = Place::redis().await;
    let mut stream = place.store.subscribe().await.unwrap();
    place.server.as_mut().unwrap().kill();
    assert!(place.store.publish(&numbered(0, 1)).await.is_err(), "lost, and said so");
    place.server.as_mut().unwrap().spawn();
    while place.store.ping().await.is_err() {}
    until_listeners(&place, 1).await;
    place.store.publish(&numbered(1, 2)).await.unwrap();
    assert_eq!(take(&mut stream, 1).await, numbered(1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_is_told_that_the_store_is_away() {
    let mut place = Place::redis().await;
    place.server.as_mut().unwrap().kill();
    assert!(matches!(place.store.subscribe().await, Err(StoreError::Unavailable(_))));
    place.server.as_mut().unwrap().spawn();
    while place.store.ping().await.is_err() {}
    let mut stream = place.store.subscribe().await.unwrap();
    place.store.publish(&numbered(0, 1)).await.unwrap();
    assert_eq!(take(&mut stream, 1).await, numbered(0, 1));
}

/// Other programs listen and tell on the same channel; what is no text is passed over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_say_on_the_channel_is_heard() {
    let place = Place::redis().await;
    let mut stream = place.store.subscribe().await.unwrap();
    let _: i64 = place
        .server()
        .raw_bytes(&[b"PUBLISH", b"vconduit:events", b"\xff\xfe"])
        .await;
    let heard: i64 = place.server().raw(&["PUBLISH", "vconduit:events", "theirs"]).await;
    assert_eq!(heard, 1);
    assert_eq!(take(&mut stream, 1).await, ["theirs"]);
}
