//! Trails: what runs did with a vCon, stored with the step that did it.

use super::*;

on_both!(
    each_step_adds_an_entry_to_the_trail,
    a_switched_run_is_in_both_trails,
    the_last_twenty_entries_are_kept,
    a_lifetime_of_zero_keeps_no_trails,
    a_trail_expires,
    steps_that_fail_add_nothing_to_the_trail,
);

fn noting(entry: &str) -> Effects {
    Effects {
        needs: None,
        trail: Some(entry.to_owned()),
        ..Effects::default()
    }
}

async fn trail(fixture: &StoreFixture, name: &str) -> Vec<String> {
    fixture.store.trail(&id(name)).await.unwrap()
}

async fn each_step_adds_an_entry_to_the_trail(fixture: StoreFixture) {
    let store = &fixture.store;
    fixture.push("q", &["a", "a", "a"]).await;
    let claims = fixture.claim("q", 3).await;
    store
        .checkpoint(&claims[0], &at_link(1), None, &noting("1"))
        .await
        .unwrap();
    store
        .checkpoint(&claims[0], &at_link(2), None, &no_effects())
        .await
        .unwrap();
    store
        .park(
            &claims[0],
            &at_link(2),
            None,
            &noting(r#"{"é":"2"}"#),
            &list("people"),
            LEASE,
        )
        .await
        .unwrap();
    store
        .finish(&claims[1], &id("a"), None, &noting("3"), &[])
        .await
        .unwrap();
    store.fail(&claims[2], &record("trap"), Some("4")).await.unwrap();
    assert_eq!(trail(&fixture, "a").await, ["1", r#"{"é":"2"}"#, "3", "4"]);
    assert!(trail(&fixture, "b").await.is_empty());
}

async fn a_switched_run_is_in_both_trails(fixture: StoreFixture) {
    let store = &fixture.store;
    fixture.push("q", &["a", "a", "a", "a"]).await;
    let claims = fixture.claim("q", 4).await;
    let point = Checkpoint {
        current: Some(id("b")),
        ..at_link(1)
    };
    let why = ErrorRecord {
        current: Some(id("b")),
        ..record("trap")
    };
    store.checkpoint(&claims[0], &point, None, &noting("1")).await.unwrap();
    store
        .finish(&claims[0], &id("b"), None, &noting("2"), &[])
        .await
        .unwrap();
    store.fail(&claims[1], &why, Some("3")).await.unwrap();
    store
        .park(&claims[2], &point, None, &noting("4"), &list("people"), LEASE)
        .await
        .unwrap();
    store
        .finish(&claims[3], &id("a"), None, &noting("5"), &[])
        .await
        .unwrap();
    assert_eq!(trail(&fixture, "a").await, ["1", "2", "3", "4", "5"]);
    assert_eq!(trail(&fixture, "b").await, ["1", "2", "3", "4"]);
}

async fn the_last_twenty_entries_are_kept(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    for n in 1..=25 {
        let noted = fixture
            .store
            .checkpoint(&claim, &at_link(n), None, &noting(&n.to_string()))
            .await;
        assert_eq!(noted.unwrap(), Guarded::Done(None));
    }
    let expected: Vec<String> = (6..=25).map(|n| n.to_string()).collect();
    assert_eq!(trail(&fixture, "a").await, expected);
}

async fn a_lifetime_of_zero_keeps_no_trails(fixture: StoreFixture) {
    let fixture = fixture
        .again_with(Lifetimes {
            trail_s: 0,
            ..LIFETIMES
        })
        .await;
    fixture.push("q", &["a", "a"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture
        .store
        .checkpoint(&claims[0], &at_link(1), None, &noting("1"))
        .await
        .unwrap();
    fixture
        .store
        .finish(&claims[0], &id("a"), None, &noting("2"), &[])
        .await
        .unwrap();
    fixture
        .store
        .fail(&claims[1], &record("trap"), Some("3"))
        .await
        .unwrap();
    assert!(trail(&fixture, "a").await.is_empty());
    if let Some(server) = &fixture.server {
        assert_eq!(server.raw::<i64>(&["EXISTS", "vconduit:trail:a"]).await, 0);
    }
}

async fn a_trail_expires(fixture: StoreFixture) {
    let fixture = fixture
        .again_with(Lifetimes {
            trail_s: 2,
            ..LIFETIMES
        })
        .await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture
        .store
        .checkpoint(&claim, &at_link(1), None, &noting("1"))
        .await
        .unwrap();
    if let Some(server) = &fixture.server {
        let left: i64 = server.raw(&["TTL", "vconduit:trail:a"]).await;
        assert!((1..=2).contains(&left));
    }
    while !trail(&fixture, "a").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Expired entries do not come back with the next entry.
    fixture
        .store
        .finish(&claim, &id("a"), None, &noting("2"), &[])
        .await
        .unwrap();
    assert_eq!(trail(&fixture, "a").await, ["2"]);
}

async fn steps_that_fail_add_nothing_to_the_trail(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let stale = fixture.write_to("a", r#"{"n":1}"#).await;
    let other = fixture.write_to("a", r#"{"n":2}"#).await;
    fixture.store.write(other).await.unwrap();
    let store = &fixture.store;
    let answer = store
        .checkpoint(&claim, &at_link(1), Some(stale.clone()), &noting("1"))
        .await;
    assert_eq!(answer.unwrap(), Guarded::Conflict);
    let answer = store.finish(&claim, &id("a"), Some(stale), &noting("2"), &[]).await;
    assert_eq!(answer.unwrap(), Guarded::Conflict);
    fixture.lose(std::slice::from_ref(&claim)).await;
    fixture.reap("q").await;
    let answer = store.finish(&claim, &id("a"), None, &noting("3"), &[]).await;
    assert_eq!(answer.unwrap(), Guarded::LostClaim);
    assert_eq!(
        store.fail(&claim, &record("trap"), Some("4")).await.unwrap(),
        Guarded::LostClaim
    );
    assert!(trail(&fixture, "a").await.is_empty());
}

/// A step that frees memory is done even if there is no memory for its trail. A value of another
/// program under the key of a trail stays.
#[tokio::test]
async fn a_trail_fails_no_step() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 2).await;
    let _: () = fixture.server().raw(&["SET", "vconduit:trail:b", "theirs"]).await;
    let done = fixture
        .store
        .finish(&claims[1], &id("b"), None, &noting("1"), &[list("out")])
        .await;
    assert_eq!(done.unwrap(), Guarded::Done(None));
    assert_eq!(fixture.entries("out").await, ["b"]);
    let _: () = fixture.server().raw(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let done = fixture
        .store
        .finish(&claims[0], &id("a"), None, &noting("1"), &[])
        .await;
    assert_eq!(done.unwrap(), Guarded::Done(None));
}

#[tokio::test]
async fn a_repeated_step_is_noted_once() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a", "a"]).await;
    let claims = fixture.claim("q", 2).await;
    for _ in 0..3 {
        fixture
            .store
            .checkpoint(&claims[0], &at_link(1), None, &noting("1"))
            .await
            .unwrap();
    }
    for _ in 0..3 {
        fixture
            .store
            .finish(&claims[0], &id("a"), None, &noting("2"), &[])
            .await
            .unwrap();
        fixture
            .store
            .fail(&claims[1], &record("trap"), Some("3"))
            .await
            .unwrap();
    }
    assert_eq!(trail(&fixture, "a").await, ["1", "2", "3"]);
}
