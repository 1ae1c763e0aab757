//! Lists: order, ends, waiting.

use std::time::Instant;

use super::*;

on_both!(
    entries_are_taken_from_either_end_in_order,
    a_range_of_a_list_is_read,
    a_push_of_nothing_makes_no_list,
    a_wait_ends_with_a_push,
    a_wait_in_vain_ends_in_time,
    many_waits_hold_up_no_other_step,
    a_wait_moves_nothing,
    many_ids_are_pushed_in_one_step
);

async fn entries_are_taken_from_either_end_in_order(place: Place) {
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

async fn a_range_of_a_list_is_read(place: Place) {
    place.push("q", &["a", "b", "c"]).await;
    let range = async |offset, count| place.store.entries(&list("q"), offset, count).await.unwrap();
    assert_eq!(range(1, 1).await, ["b"]);
    assert_eq!(range(1, 99).await, ["b", "c"]);
    assert!(range(0, 0).await.is_empty());
    assert!(range(3, 5).await.is_empty());
    assert_eq!(range(2, u64::MAX).await, ["c"]);
}

async fn a_push_of_nothing_makes_no_list(place: Place) {
    place.push("q", &[]).await;
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 0);
}

async fn a_wait_ends_with_a_push(place: Place) {
    let store = place.store.clone();
    let waiting = tokio::spawn(async move { store.wait(&list("q"), LEASE).await });
    // Longer than the response timeout that the Redis client has by default.
    tokio::time::sleep(Duration::from_millis(700)).await;
    place.push("q", &["a"]).await;
    assert!(waiting.await.unwrap().unwrap());
    assert!(place.store.wait(&list("q"), Duration::from_secs(1)).await.unwrap());
    assert!(place.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

async fn a_wait_in_vain_ends_in_time(place: Place) {
    let start = Instant::now();
    assert!(!place.store.wait(&list("q"), Duration::from_millis(1200)).await.unwrap());
    assert!(start.elapsed() >= Duration::from_millis(1100), "{:?}", start.elapsed());
    assert!(!place.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

/// Several lists, several tasks on one list, and short commands meanwhile.
async fn many_waits_hold_up_no_other_step(place: Place) {
    let names = ["q", "q", "q", "r", "s"];
    let waiting: Vec<_> = names
        .iter()
        .map(|name| {
            let (store, name) = (place.store.clone(), list(name));
            tokio::spawn(async move { store.wait(&name, LEASE).await.unwrap() })
        })
        .collect();
    // So that all of them have begun to wait.
    tokio::time::sleep(Duration::from_millis(100)).await;
    place.put("a").await;
    let wait_on = waiting.iter().all(|task| !task.is_finished());
    assert!(wait_on, "a short command took as long as the waits");
    for name in ["q", "r", "s"] {
        place.push(name, &["a"]).await;
    }
    for task in waiting {
        assert!(task.await.unwrap());
    }
}

async fn a_wait_moves_nothing(place: Place) {
    place.push("q", &["a", "b", "c"]).await;
    for _ in 0..5 {
        assert!(place.store.wait(&list("q"), LEASE).await.unwrap());
    }
    assert_eq!(place.entries("q").await, ["a", "b", "c"]);
}

async fn many_ids_are_pushed_in_one_step(place: Place) {
    let names: Vec<VconId> = (0..20_000).map(|i| id(&format!("v{i}"))).collect();
    place.store.push(&list("q"), &names, Some("{}")).await.unwrap();
    assert_eq!(place.store.depth(&list("q")).await.unwrap(), 20_000);
    assert_eq!(place.claim("q", 100_000).await.len(), 500, "as many as fit in one step");
}
