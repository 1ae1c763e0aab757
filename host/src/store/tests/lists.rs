//! Lists: order, ends, waiting.

use std::time::Instant;

use super::*;

on_both!(
    order_and_ends,
    ranges,
    push_nothing,
    wait_for_a_push,
    wait_in_vain,
    many_wait,
    wait_moves_nothing,
    many_ids_at_once
);

async fn order_and_ends(place: Place) {
    place.push("q", &["a", "b"]).await;
    place.push("q", &["c", "a"]).await;
    assert_eq!(place.entries("q").await, ["a", "b", "c", "a"]);
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 4);
    assert_eq!(place.store.pop_tail(&list("q"), 2).await.unwrap(), ["a", "c"]);
    assert_eq!(place.store.pop_tail(&list("q"), 0).await.unwrap(), Vec::<String>::new());
    assert_eq!(place.store.pop_tail(&list("q"), 9).await.unwrap(), ["b", "a"]);
    assert_eq!(place.store.pop_tail(&list("q"), 9).await.unwrap(), Vec::<String>::new());
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 0);
}

async fn ranges(place: Place) {
    place.push("q", &["a", "b", "c"]).await;
    let range = async |offset, count| place.store.entries(&list("q"), offset, count).await.unwrap();
    assert_eq!(range(1, 1).await, ["b"]);
    assert_eq!(range(1, 99).await, ["b", "c"]);
    assert!(range(0, 0).await.is_empty());
    assert!(range(3, 5).await.is_empty());
    assert_eq!(range(2, u64::MAX).await, ["c"]);
}

async fn push_nothing(place: Place) {
    place.push("q", &[]).await;
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 0);
}

async fn wait_for_a_push(place: Place) {
    let store = place.store.clone();
    let start = Instant::now();
    let waiting = tokio::spawn(async move { store.wait(&list("q"), Duration::from_secs(10)).await });
    // Longer than the response timeout that the Redis client has by default.
    tokio::time::sleep(Duration::from_millis(700)).await;
    place.push("q", &["a"]).await;
    assert!(waiting.await.unwrap().unwrap());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(place.store.wait(&list("q"), Duration::from_secs(1)).await.unwrap());
    assert!(place.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

async fn wait_in_vain(place: Place) {
    let start = Instant::now();
    assert!(!place.store.wait(&list("q"), Duration::from_millis(1200)).await.unwrap());
    assert!(start.elapsed() >= Duration::from_millis(1100), "{:?}", start.elapsed());
    assert!(!place.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

/// Several lists, several tasks on one list, and short commands meanwhile.
async fn many_wait(place: Place) {
    let names = ["q", "q", "q", "r", "s"];
    let waiting: Vec<_> = names
        .iter()
        .map(|name| {
            let (store, name) = (place.store.clone(), list(name));
            tokio::spawn(async move { store.wait(&name, Duration::from_secs(10)).await.unwrap() })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    place.put("a").await;
    assert!(start.elapsed() < Duration::from_secs(1));
    for name in ["q", "r", "s"] {
        place.push(name, &["a"]).await;
    }
    for task in waiting {
        assert!(task.await.unwrap());
    }
}

async fn wait_moves_nothing(place: Place) {
    place.push("q", &["a", "b", "c"]).await;
    for _ in 0..5 {
        assert!(place.store.wait(&list("q"), LEASE).await.unwrap());
    }
    assert_eq!(place.entries("q").await, ["a", "b", "c"]);
}

async fn many_ids_at_once(place: Place) {
    let names: Vec<VconId> = (0..20_000).map(|i| id(&format!("v{i}"))).collect();
    place.store.push(&list("q"), &names, Some("{}")).await.unwrap();
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 20_000);
    assert_eq!(place.claim("q", 100_000).await.len(), 500, "as many as fit in one step");
}
