//! Lists: the order of entries, both ends, and waits.

use std::time::Instant;

use super::*;

on_both!(
    entries_are_taken_from_either_end_in_order,
    a_range_of_a_list_is_read,
    a_push_of_nothing_makes_no_list,
    a_wait_ends_with_a_push,
    a_wait_without_an_entry_ends_in_time,
    many_waits_delay_no_other_step,
    a_wait_moves_nothing,
    many_ids_are_pushed_in_one_step,
    a_position_is_counted_from_the_head,
);

async fn entries_are_taken_from_either_end_in_order(fixture: StoreFixture) {
    fixture.push("q", &["a", "b"]).await;
    fixture.push("q", &["c", "a"]).await;
    assert_eq!(fixture.entries("q").await, ["a", "b", "c", "a"]);
    assert_eq!(fixture.store.depth(&list("q")).await.unwrap(), 4);
    assert_eq!(fixture.store.pop_tail(&list("q"), 2).await.unwrap(), ["a", "c"]);
    assert_eq!(
        fixture.store.pop_tail(&list("q"), 0).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(fixture.store.pop_tail(&list("q"), 9).await.unwrap(), ["b", "a"]);
    assert_eq!(
        fixture.store.pop_tail(&list("q"), 9).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(fixture.store.depth(&list("q")).await.unwrap(), 0);
}

async fn a_range_of_a_list_is_read(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c"]).await;
    let range = async |offset, count| fixture.store.entries(&list("q"), offset, count).await.unwrap();
    assert_eq!(range(1, 1).await, ["b"]);
    assert_eq!(range(1, 99).await, ["b", "c"]);
    assert!(range(0, 0).await.is_empty());
    assert!(range(3, 5).await.is_empty());
    assert_eq!(range(2, u64::MAX).await, ["c"]);
}

async fn a_push_of_nothing_makes_no_list(fixture: StoreFixture) {
    fixture.push("q", &[]).await;
    assert_eq!(fixture.store.depth(&list("q")).await.unwrap(), 0);
}

async fn a_wait_ends_with_a_push(fixture: StoreFixture) {
    let store = fixture.store.clone();
    let waiting = tokio::spawn(async move { store.wait(&list("q"), LEASE).await });
    // Longer than the response timeout that the Redis client has by default.
    tokio::time::sleep(Duration::from_millis(700)).await;
    fixture.push("q", &["a"]).await;
    assert!(waiting.await.unwrap().unwrap());
    assert!(fixture.store.wait(&list("q"), Duration::from_secs(1)).await.unwrap());
    assert!(fixture.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

async fn a_wait_without_an_entry_ends_in_time(fixture: StoreFixture) {
    let start = Instant::now();
    assert!(
        !fixture
            .store
            .wait(&list("q"), Duration::from_millis(1200))
            .await
            .unwrap()
    );
    assert!(start.elapsed() >= Duration::from_millis(1100), "{:?}", start.elapsed());
    assert!(!fixture.store.wait(&list("q"), Duration::ZERO).await.unwrap());
}

/// Waits on several lists, and several waits on one list, with short commands meanwhile.
async fn many_waits_delay_no_other_step(fixture: StoreFixture) {
    let names = ["q", "q", "q", "r", "s"];
    let waiting: Vec<_> = names
        .iter()
        .map(|name| {
            let (store, name) = (fixture.store.clone(), list(name));
            tokio::spawn(async move { store.wait(&name, LEASE).await.unwrap() })
        })
        .collect();
    // By now all of them have begun to wait.
    tokio::time::sleep(Duration::from_millis(100)).await;
    fixture.put("a").await;
    let wait_on = waiting.iter().all(|task| !task.is_finished());
    assert!(wait_on, "a short command took as long as the waits");
    for name in ["q", "r", "s"] {
        fixture.push(name, &["a"]).await;
    }
    for task in waiting {
        assert!(task.await.unwrap());
    }
}

async fn a_wait_moves_nothing(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c"]).await;
    for _ in 0..5 {
        assert!(fixture.store.wait(&list("q"), LEASE).await.unwrap());
    }
    assert_eq!(fixture.entries("q").await, ["a", "b", "c"]);
}

async fn many_ids_are_pushed_in_one_step(fixture: StoreFixture) {
    let names: Vec<VconId> = (0..20_000).map(|i| id(&format!("v{i}"))).collect();
    fixture.store.push(&list("q"), &names, Some("{}")).await.unwrap();
    assert_eq!(fixture.store.depth(&list("q")).await.unwrap(), 20_000);
    assert_eq!(
        fixture.claim("q", 100_000).await.len(),
        500,
        "one step takes 500 entries"
    );
}

async fn a_position_is_counted_from_the_head(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c", "b"]).await;
    let position = async |name: &str| fixture.store.position(&list("q"), &id(name)).await.unwrap();
    assert_eq!(position("a").await, Some(0));
    assert_eq!(position("b").await, Some(1), "the position of the first one");
    assert_eq!(position("d").await, None);
    fixture.claim_one("q").await;
    assert_eq!(position("a").await, None);
    assert_eq!(position("c").await, Some(1));
    let claim = fixture.claim_one("q").await;
    fixture.store.hand_back(&claim).await.unwrap();
    assert_eq!(position("b").await, Some(0));
    assert_eq!(fixture.store.position(&list("none"), &id("a")).await.unwrap(), None);
}
