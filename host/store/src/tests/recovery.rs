//! Lost workers: what they held comes back, in order, at its checkpoint, and not for ever.

use super::*;

on_both!(
    returned_entries_keep_their_order,
    an_entry_with_a_live_lease_stays,
    an_entry_that_lost_too_many_leases_is_a_dead_letter,
    one_dead_entry_does_not_stop_the_others,
    many_entries_are_returned_at_once,
    a_duplicate_keeps_the_higher_count,
    a_run_that_finishes_before_the_reaping_is_done
);

async fn returned_entries_keep_their_order(place: Place) {
    place.push("q", &["a", "b", "c", "d", "e"]).await;
    let mut claims = place.claim("q", 2).await;
    claims.extend(place.claim("q", 2).await);
    // The leases run out in another order than that of the list.
    place.lose(&claims[2..]).await;
    place.lose(&claims[..2]).await;
    let (returned, dead) = place.reap("q").await;
    assert_eq!(returned, ["a", "b", "c", "d"]);
    assert!(dead.is_empty());
    assert_eq!(place.entries("q").await, ["a", "b", "c", "d", "e"]);
}

async fn an_entry_with_a_live_lease_stays(place: Place) {
    place.push("q", &["a", "b"]).await;
    let claims = place.claim("q", 2).await;
    place.lose(&claims[..1]).await;
    assert_eq!(place.reap("q").await.0, ["a"]);
    assert_eq!(place.finish(&claims[1], &["out"]).await, Guarded::Done(None));
    assert_eq!(place.finish(&claims[0], &["out"]).await, Guarded::LostClaim);
}

async fn an_entry_that_lost_too_many_leases_is_a_dead_letter(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    for lost in 0..5 {
        let claim = place.claim_one("q").await;
        assert_eq!(claim.lost_leases, lost);
        place
            .store
            .checkpoint(&claim, &at_link(lost), None, &no_effects())
            .await
            .unwrap();
        place.lose(&[claim]).await;
        let (returned, dead) = place.reap("q").await;
        assert_eq!((returned.len(), dead.len()), if lost < 4 { (1, 0) } else { (0, 1) });
    }
    let letters = place.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let record = letters[0].record.as_ref().unwrap();
    assert_eq!((record.class.as_str(), record.attempts), ("lost-lease", 5));
    assert_eq!(record.chain, at_link(0).chain);
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    // Reprocessed, it begins anew.
    assert_eq!(place.store.reprocess(&list("q"), 10).await.unwrap(), 1);
    let fresh = place.claim_one("q").await;
    assert_eq!((fresh.lost_leases, fresh.checkpoint), (0, Checkpoint::default()));
}

async fn one_dead_entry_does_not_stop_the_others(place: Place) {
    place.push("q", &["bad"]).await;
    for _ in 0..4 {
        let claim = place.claim_one("q").await;
        place.lose(&[claim]).await;
        place.reap("q").await;
    }
    place.push("q", &["a", "b"]).await;
    let claims = place.claim("q", 3).await;
    assert_eq!(vcons(&claims), ["bad", "a", "b"]);
    place.lose(&claims).await;
    assert_eq!(
        place.reap("q").await,
        (vec!["a".to_owned(), "b".to_owned()], vec!["bad".to_owned()])
    );
}

async fn many_entries_are_returned_at_once(place: Place) {
    let names: Vec<VconId> = (0..450).map(|i| id(&format!("v{i:03}"))).collect();
    place.store.push(&list("q"), &names, None).await.unwrap();
    let claims = place.claim("q", 450).await;
    place.lose(&claims).await;
    let mut back = 0;
    loop {
        let (returned, _) = place.reap("q").await;
        if returned.is_empty() {
            break;
        }
        back += returned.len();
    }
    assert_eq!(back, 450);
    let mut entries = place.entries("q").await;
    entries.sort();
    assert_eq!(entries, texts(&names));
}

async fn a_duplicate_keeps_the_higher_count(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    place.lose(&[claim]).await;
    place.reap("q").await;
    place.push("q", &["a"]).await;
    let claims = place.claim("q", 2).await;
    assert_eq!(claims.iter().map(|claim| claim.lost_leases).collect::<Vec<_>>(), [1, 0]);
    place.lose(&claims).await;
    place.reap("q").await;
    assert_eq!(place.claim_one("q").await.lost_leases, 2);
    assert_eq!(place.entries("q").await, ["a"], "both entries are there");
}

/// A lease that has run out still belongs to its worker until someone takes the entry away.
async fn a_run_that_finishes_before_the_reaping_is_done(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    place.lose(std::slice::from_ref(&claim)).await;
    assert_eq!(place.finish(&claim, &["out"]).await, Guarded::Done(None));
    assert_eq!(place.reap("q").await, (vec![], vec![]));
    assert_eq!(place.entries("out").await, ["a"]);
}
