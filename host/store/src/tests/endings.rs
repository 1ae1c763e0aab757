//! The ends of a claim: all of it or nothing, and only once.

use super::*;

on_both!(
    a_finish_writes_and_queues_in_one_step,
    a_run_that_switched_finishes_with_the_other_vcon,
    a_finish_with_a_conflict_can_be_tried_again,
    a_finish_of_a_deleted_document_changes_nothing,
    a_finish_without_a_write_never_conflicts,
    a_lost_claim_changes_nothing,
    a_failed_run_is_a_dead_letter,
    a_failed_run_leaves_the_lifetime_where_the_setting_is_zero,
    an_entry_that_is_handed_back_keeps_its_place_and_count,
    a_stopped_run_goes_to_no_list,
    an_effect_can_delete_a_document,
);

async fn a_finish_writes_and_queues_in_one_step(place: Place) {
    place.put("a").await;
    place.store.expire(&id("a"), 500).await.unwrap();
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let write = place.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("tagged"), id("x")), (list("tagged"), id("a"))],
        expire: Vec::new(),
        trail: None,
    };
    let done = place
        .store
        .finish(&claim, &id("a"), Some(write), &effects, &[list("out"), list("out2")])
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(Some(place.revision("a").await)));
    assert_eq!(place.text("a").await.unwrap(), r#"{"n":1}"#);
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(500));
    assert_eq!(place.entries("tagged").await, ["x", "a"]);
    assert_eq!(place.entries("out").await, ["a"]);
    assert_eq!(place.entries("out2").await, ["a"]);
    assert!(place.store.claims(&list("q")).await.unwrap().is_empty());
}

async fn a_run_that_switched_finishes_with_the_other_vcon(place: Place) {
    place.put("b").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let write = place.write_to("b", r#"{"n":1}"#).await;
    place
        .store
        .finish(&claim, &id("b"), Some(write), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(place.entries("out").await, ["b"]);
    assert_eq!(place.text("b").await.unwrap(), r#"{"n":1}"#);
}

async fn a_finish_with_a_conflict_can_be_tried_again(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let stale = place.write_to("a", r#"{"n":1}"#).await;
    let other = place.write_to("a", r#"{"n":2}"#).await;
    place.store.write(other).await.unwrap();
    let answer = place
        .store
        .finish(&claim, &id("a"), Some(stale), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    assert!(place.entries("out").await.is_empty());
    let fresh = place.write_to("a", r#"{"n":3}"#).await;
    let answer = place
        .store
        .finish(&claim, &id("a"), Some(fresh), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert!(matches!(answer, Guarded::Done(Some(_))));
    assert_eq!(place.entries("out").await, ["a"]);
}

async fn a_finish_of_a_deleted_document_changes_nothing(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let write = place.write_to("a", "{}").await;
    place.store.delete(&id("a")).await.unwrap();
    let answer = place
        .store
        .finish(&claim, &id("a"), Some(write), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Gone);
    assert_eq!(
        place.store.claims(&list("q")).await.unwrap().len(),
        1,
        "the claim is still there"
    );
    assert_eq!(place.text("a").await, None);
}

async fn a_finish_without_a_write_never_conflicts(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    assert_eq!(place.finish(&claim, &["out"]).await, Guarded::Done(None));
}

async fn a_lost_claim_changes_nothing(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    place.lose(std::slice::from_ref(&claim)).await;
    place.reap("q").await;
    let write = place.write_to("a", "{}").await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: vec![(id("a"), 0)],
        trail: None,
    };
    let store = &place.store;
    let out = [list("out")];
    assert_eq!(
        store
            .finish(&claim, &id("a"), Some(write.clone()), &effects, &out)
            .await
            .unwrap(),
        Guarded::LostClaim
    );
    assert_eq!(
        store.fail(&claim, &record("trap"), None).await.unwrap(),
        Guarded::LostClaim
    );
    assert_eq!(store.hand_back(&claim).await.unwrap(), Guarded::LostClaim);
    let parked = store
        .park(&claim, &at_link(1), Some(write), &effects, &list("out"), LEASE)
        .await
        .unwrap();
    assert_eq!(parked, Guarded::LostClaim);
    for name in ["out", "side", "DLQ:q"] {
        assert!(place.entries(name).await.is_empty(), "{name}");
    }
    assert_eq!(place.entries("q").await, ["a"]);
    assert_eq!(place.text("a").await.unwrap(), r#"{"uuid":"a"}"#);
}

async fn a_failed_run_is_a_dead_letter(place: Place) {
    place.put("a").await;
    place.put("b").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let why = ErrorRecord {
        current: Some(id("b")),
        ..record("service")
    };
    assert_eq!(place.store.fail(&claim, &why, None).await.unwrap(), Guarded::Done(None));
    assert_eq!(place.entries("DLQ:q").await, ["a"], "the original id");
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    assert_eq!(place.store.lifetime(&id("b")).await.unwrap(), Some(604_800));
    let letters = place.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let letter = letters[0].record.as_ref().unwrap();
    assert_eq!(
        (letter.class.as_str(), letter.current.clone(), letter.at_ms),
        ("service", Some(id("b")), 1_700_000_000_000)
    );
}

async fn a_failed_run_leaves_the_lifetime_where_the_setting_is_zero(place: Place) {
    let place = place
        .again_with(Lifetimes {
            dead_letter_s: 0,
            ..LIFETIMES
        })
        .await;
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    place.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(3600));
}

async fn an_entry_that_is_handed_back_keeps_its_place_and_count(place: Place) {
    place.push("q", &["a", "b"]).await;
    let claim = place.claim_one("q").await;
    place
        .store
        .checkpoint(&claim, &at_link(2), None, &no_effects())
        .await
        .unwrap();
    assert_eq!(place.store.hand_back(&claim).await.unwrap(), Guarded::Done(None));
    assert_eq!(place.entries("q").await, ["a", "b"]);
    let again = place.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (at_link(2), 0));
}

async fn a_stopped_run_goes_to_no_list(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    assert_eq!(place.finish(&claim, &[]).await, Guarded::Done(None));
    assert!(place.claim("q", 1).await.is_empty());
    assert_eq!(place.reap("q").await, (vec![], vec![]));
}

async fn an_effect_can_delete_a_document(place: Place) {
    place.put("a").await;
    place.put("b").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let effects = Effects {
        push: Vec::new(),
        expire: vec![(id("a"), -1), (id("b"), 9)],
        trail: None,
    };
    let write = place.write_to("a", "{}").await;
    let done = place
        .store
        .finish(&claim, &id("a"), Some(write), &effects, &[])
        .await
        .unwrap();
    assert!(matches!(done, Guarded::Done(_)));
    assert_eq!(place.text("a").await, None);
    assert_eq!(place.store.lifetime(&id("b")).await.unwrap(), Some(9));
}
