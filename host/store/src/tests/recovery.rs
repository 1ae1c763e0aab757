//! Lost workers: their entries come back in order, with their checkpoints, and a limited number of
//! times.

use super::*;
use vconduit_base::names::ClaimId;

on_both!(
    returned_entries_keep_their_order,
    an_entry_with_a_valid_lease_stays,
    an_entry_that_lost_too_many_leases_is_a_dead_letter,
    one_dead_entry_does_not_stop_the_others,
    many_entries_are_returned_at_once_and_keep_their_order,
    a_duplicate_keeps_the_higher_count,
    a_claim_that_no_worker_has_run_loses_no_lease,
    a_run_that_has_begun_loses_a_lease_however_often_it_was_renewed,
    a_run_that_finishes_before_its_claim_is_reaped_is_done
);

async fn returned_entries_keep_their_order(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c", "d", "e"]).await;
    let mut claims = fixture.claim("q", 2).await;
    claims.extend(fixture.claim("q", 2).await);
    // The leases run out in another order than the entries were taken.
    fixture.lose(&claims[2..]).await;
    fixture.lose(&claims[..2]).await;
    let (returned, dead) = fixture.reap("q").await;
    assert_eq!(returned, ["a", "b", "c", "d"]);
    assert!(dead.is_empty());
    assert_eq!(fixture.entries("q").await, ["a", "b", "c", "d", "e"]);
}

async fn an_entry_with_a_valid_lease_stays(fixture: StoreFixture) {
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture.lose(&claims[..1]).await;
    assert_eq!(fixture.reap("q").await.0, ["a"]);
    assert_eq!(fixture.finish(&claims[1], &["out"]).await, Guarded::Done(None));
    assert_eq!(fixture.finish(&claims[0], &["out"]).await, Guarded::LostClaim);
}

async fn an_entry_that_lost_too_many_leases_is_a_dead_letter(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    for lost in 0..5 {
        let claim = fixture.claim_one("q").await;
        assert_eq!(claim.lost_leases, lost);
        fixture
            .store
            .checkpoint(&claim, &at_link(lost), None, &no_effects())
            .await
            .unwrap();
        fixture.lose(&[claim]).await;
        let (returned, dead) = fixture.reap("q").await;
        assert_eq!((returned.len(), dead.len()), if lost < 4 { (1, 0) } else { (0, 1) });
    }
    let letters = fixture.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let record = letters[0].record.as_ref().unwrap();
    assert_eq!((record.class.as_str(), record.attempts), ("lost-lease", 5));
    assert_eq!(record.chain, at_link(0).chain);
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    // After reprocessing, the run begins anew.
    assert_eq!(fixture.store.reprocess(&list("q"), 10).await.unwrap(), 1);
    let fresh = fixture.claim_one("q").await;
    assert_eq!((fresh.lost_leases, fresh.checkpoint), (0, Checkpoint::default()));
}

async fn one_dead_entry_does_not_stop_the_others(fixture: StoreFixture) {
    fixture.push("q", &["bad"]).await;
    for _ in 0..4 {
        let claim = fixture.claim_one("q").await;
        fixture.lose(&[claim]).await;
        fixture.reap("q").await;
    }
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 3).await;
    assert_eq!(vcons(&claims), ["bad", "a", "b"]);
    fixture.lose(&claims).await;
    assert_eq!(
        fixture.reap("q").await,
        (vec!["a".to_owned(), "b".to_owned()], vec!["bad".to_owned()])
    );
}

async fn many_entries_are_returned_at_once_and_keep_their_order(fixture: StoreFixture) {
    let names: Vec<VconId> = (0..450).map(|i| id(&format!("v{i:03}"))).collect();
    fixture.store.push(&list("q"), &names, None).await.unwrap();
    let claims = fixture.claim("q", 450).await;
    // The leases run out in another order than the entries were taken.
    fixture.lose(&claims[300..]).await;
    fixture.lose(&claims[..300]).await;
    let (returned, _) = fixture.reap("q").await;
    assert_eq!(returned.len(), 450, "one call returns all");
    assert_eq!(fixture.entries("q").await, texts(&names), "the order on the list");
}

async fn a_duplicate_keeps_the_higher_count(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.lose(&[claim]).await;
    fixture.reap("q").await;
    fixture.push("q", &["a"]).await;
    let claims = fixture.claim("q", 2).await;
    assert_eq!(claims.iter().map(|claim| claim.lost_leases).collect::<Vec<_>>(), [1, 0]);
    fixture.lose(&claims).await;
    fixture.reap("q").await;
    assert_eq!(fixture.claim_one("q").await.lost_leases, 2);
    assert_eq!(fixture.entries("q").await, ["a"], "an entry is lost");
}

/// The reply of a claim was lost, or its worker died before the run: that is not the entry's fault.
async fn a_claim_that_no_worker_has_run_loses_no_lease(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    for renewals in [0, 1, 0, 2, 0, 0, 0] {
        let store = &fixture.store;
        let claim = store
            .claim(&list("q"), &host(), 1, Duration::ZERO)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(claim.lost_leases, 0, "an entry that never ran has lost a lease");
        for _ in 0..renewals {
            // A run that waits for its turn is renewed, but has not begun.
            let lost = store
                .renew(&list("q"), std::slice::from_ref(&claim.id), Duration::ZERO)
                .await
                .unwrap();
            assert!(lost.is_empty());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(fixture.reap("q").await, (vec!["a".to_owned()], vec![]));
    }
}

async fn a_run_that_has_begun_loses_a_lease_however_often_it_was_renewed(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let names = [claim.id.clone(), ClaimId::random()];
    let lost = fixture.store.begin(&list("q"), &names, LEASE).await.unwrap();
    assert_eq!(lost, names[1..], "a claim that does not exist can't begin");
    for lease in [LEASE, LEASE, Duration::ZERO] {
        let lost = fixture.store.renew(&list("q"), &names[..1], lease).await.unwrap();
        assert!(lost.is_empty());
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(fixture.reap("q").await.0, ["a"]);
    assert_eq!(fixture.claim_one("q").await.lost_leases, 1);
}

/// A worker keeps an entry after its lease has run out, until the entry is reaped.
async fn a_run_that_finishes_before_its_claim_is_reaped_is_done(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.lose(std::slice::from_ref(&claim)).await;
    assert_eq!(fixture.finish(&claim, &["out"]).await, Guarded::Done(None));
    assert_eq!(fixture.reap("q").await, (vec![], vec![]));
    assert_eq!(fixture.entries("out").await, ["a"]);
}
