//! Gaps in the contact of hosts with Redis: live hosts can renew their leases before anyone takes
//! their claims.

use super::*;

/// A lease that is short enough for a test, and long enough that a slow machine is no gap.
const SHORT: Duration = Duration::from_secs(4);

async fn reap(fixture: &StoreFixture) -> Vec<String> {
    texts(&fixture.store.reap(&list("q"), 5, SHORT).await.unwrap().returned)
}

/// Reaps as hosts do, several times within half a lease, until entries return.
async fn until_reaped(fixture: &StoreFixture) -> Vec<String> {
    loop {
        let returned = reap(fixture).await;
        if !returned.is_empty() {
            return returned;
        }
        tokio::time::sleep(SHORT / 40).await;
    }
}

/// Moves the times that hosts have noted into the past, as if the server's clock had been set
/// forward or had gone on while nobody could reach the server.
async fn age_contact(fixture: &StoreFixture, by: Duration) {
    let server = fixture.server();
    for field in ["seen", "from"] {
        let by = format!("-{}", by.as_millis());
        let _: i64 = server.raw(&["HINCRBY", "vconduit:contact", field, &by]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_has_just_started_takes_no_claims_before_others_could_renew_theirs() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture.lose(&claims).await;
    let begun = std::time::Instant::now();
    assert!(reap(&fixture).await.is_empty(), "the first round is after a gap");
    let kept = [claims[0].id.clone()];
    assert!(fixture.store.renew(&list("q"), &kept, LEASE).await.unwrap().is_empty());
    assert_eq!(until_reaped(&fixture).await, ["b"], "the claim that was not renewed");
    assert!(begun.elapsed() >= SHORT / 2, "it returns after half a lease");
    assert_eq!(fixture.finish(&claims[0], &[]).await, Guarded::Done(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_gap_no_host_takes_claims_before_all_could_renew_them() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a"]).await;
    let first = fixture.claim("q", 1).await;
    fixture.lose(&first).await;
    assert_eq!(until_reaped(&fixture).await, ["a"], "contact is not broken any more");
    let claims = fixture.claim("q", 1).await;
    fixture.lose(&claims).await;
    age_contact(&fixture, SHORT).await;
    assert!(reap(&fixture).await.is_empty(), "a gap of a whole lease");
    let names = [claims[0].id.clone()];
    let lost = fixture.store.renew(&list("q"), &names, LEASE).await.unwrap();
    assert!(lost.is_empty(), "the claim was taken away after a gap");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_is_a_gap_and_does_not_stop_recoveries_for_long() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a"]).await;
    reap(&fixture).await;
    // An hour in the future, seen from now.
    for field in ["seen", "from"] {
        let hour = "3600000";
        let _: i64 = fixture
            .server()
            .raw(&["HINCRBY", "vconduit:contact", field, hour])
            .await;
    }
    let claims = fixture.claim("q", 1).await;
    fixture.lose(&claims).await;
    assert!(reap(&fixture).await.is_empty(), "the clock was set");
    let waited = tokio::time::timeout(SHORT * 5, until_reaped(&fixture)).await;
    assert_eq!(waited.expect("recoveries have stopped"), ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn regular_rounds_take_expired_claims_at_once() {
    let fixture = StoreFixture::redis().await;
    reap(&fixture).await;
    let end = std::time::Instant::now() + SHORT / 2;
    while std::time::Instant::now() <= end {
        reap(&fixture).await;
        tokio::time::sleep(SHORT / 40).await;
    }
    fixture.push("q", &["a"]).await;
    let claims = fixture.claim("q", 1).await;
    fixture.lose(&claims).await;
    assert_eq!(reap(&fixture).await, ["a"]);
}
