//! The ends of a claim: all or nothing, and only once.

use super::*;
use vconduit_base::lifetimes::MAX_LIFETIME_S;
use vconduit_base::names::ClaimId;

on_both!(
    a_finish_writes_and_queues_in_one_step,
    a_run_that_switched_finishes_with_the_other_vcon,
    a_finish_with_a_conflict_can_be_tried_again,
    a_finish_of_a_deleted_document_changes_nothing,
    a_finish_without_a_write_never_conflicts,
    a_finish_that_needs_a_document_is_done_only_for_that_state,
    a_lost_claim_changes_nothing,
    a_failed_run_is_a_dead_letter,
    a_failed_run_leaves_the_lifetime_where_the_setting_is_zero,
    an_entry_that_is_handed_back_keeps_its_position_and_count,
    a_stopped_run_goes_to_no_list,
    an_effect_can_delete_a_document,
    a_lifetime_beyond_all_bounds_ends_a_claim_like_any_other,
    a_requeue_ends_the_claim,
    an_unknown_claim_is_not_found,
);

async fn a_finish_writes_and_queues_in_one_step(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.store.expire(&id("a"), 500).await.unwrap();
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("tagged"), id("x")), (list("tagged"), id("a"))],
        expire: Vec::new(),
        needs: None,
        trail: None,
    };
    let done = fixture
        .store
        .finish(&claim, &id("a"), Some(write), &effects, &[list("out"), list("out2")])
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(Some(fixture.revision("a").await)));
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"n":1}"#);
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(500));
    assert_eq!(fixture.entries("tagged").await, ["x", "a"]);
    assert_eq!(fixture.entries("out").await, ["a"]);
    assert_eq!(fixture.entries("out2").await, ["a"]);
    assert!(fixture.store.claims(&list("q")).await.unwrap().is_empty());
}

async fn a_run_that_switched_finishes_with_the_other_vcon(fixture: StoreFixture) {
    fixture.put("b").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("b", r#"{"n":1}"#).await;
    fixture
        .store
        .finish(&claim, &id("b"), Some(write), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(fixture.entries("out").await, ["b"]);
    assert_eq!(fixture.text("b").await.unwrap(), r#"{"n":1}"#);
}

async fn a_finish_with_a_conflict_can_be_tried_again(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let stale = fixture.write_to("a", r#"{"n":1}"#).await;
    let other = fixture.write_to("a", r#"{"n":2}"#).await;
    fixture.store.write(other).await.unwrap();
    let answer = fixture
        .store
        .finish(&claim, &id("a"), Some(stale), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    assert!(fixture.entries("out").await.is_empty());
    let fresh = fixture.write_to("a", r#"{"n":3}"#).await;
    let answer = fixture
        .store
        .finish(&claim, &id("a"), Some(fresh), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert!(matches!(answer, Guarded::Done(Some(_))));
    assert_eq!(fixture.entries("out").await, ["a"]);
}

async fn a_finish_of_a_deleted_document_changes_nothing(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("a", "{}").await;
    fixture.store.delete(&id("a")).await.unwrap();
    let answer = fixture
        .store
        .finish(&claim, &id("a"), Some(write), &no_effects(), &[list("out")])
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Gone);
    assert_eq!(
        fixture.store.claims(&list("q")).await.unwrap().len(),
        1,
        "the claim is still there"
    );
    assert_eq!(fixture.text("a").await, None);
}

async fn a_finish_without_a_write_never_conflicts(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.finish(&claim, &["out"]).await, Guarded::Done(None));
}

async fn a_finish_that_needs_a_document_is_done_only_for_that_state(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let saved = fixture.revision("a").await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    fixture.store.write(write).await.unwrap();
    let finish = async |revision: Option<Revision>| {
        let effects = Effects {
            needs: Some(NeededDocument { id: id("a"), revision }),
            push: vec![(list("side"), id("a"))],
            ..no_effects()
        };
        let done = fixture
            .store
            .finish(&claim, &id("a"), None, &effects, &[list("out")])
            .await;
        done.unwrap()
    };
    assert_eq!(finish(Some(saved)).await, Guarded::Conflict);
    let now = fixture.revision("a").await;
    fixture.store.delete(&id("a")).await.unwrap();
    assert_eq!(finish(Some(now)).await, Guarded::Gone);
    assert_eq!(finish(None).await, Guarded::Gone);
    for name in ["out", "side"] {
        assert!(
            fixture.entries(name).await.is_empty(),
            "a refused step pushed to {name}"
        );
    }
    fixture.put("a").await;
    assert_eq!(finish(None).await, Guarded::Done(None));
    assert_eq!(fixture.entries("out").await, ["a"]);
}

async fn a_lost_claim_changes_nothing(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.lose(std::slice::from_ref(&claim)).await;
    fixture.reap("q").await;
    let write = fixture.write_to("a", "{}").await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: vec![(id("a"), 0)],
        needs: None,
        trail: None,
    };
    let store = &fixture.store;
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
        assert!(fixture.entries(name).await.is_empty(), "{name}");
    }
    assert_eq!(fixture.entries("q").await, ["a"]);
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"uuid":"a"}"#);
}

async fn a_failed_run_is_a_dead_letter(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("b").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let why = ErrorRecord {
        current: Some(id("b")),
        ..record("service")
    };
    assert_eq!(
        fixture.store.fail(&claim, &why, None).await.unwrap(),
        Guarded::Done(None)
    );
    assert_eq!(fixture.entries("DLQ:q").await, ["a"], "the original id");
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    assert_eq!(fixture.store.lifetime(&id("b")).await.unwrap(), Some(604_800));
    let letters = fixture.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let letter = letters[0].record.as_ref().unwrap();
    assert_eq!(
        (letter.class.as_str(), letter.current.clone(), letter.at_ms),
        ("service", Some(id("b")), 1_700_000_000_000)
    );
}

async fn a_failed_run_leaves_the_lifetime_where_the_setting_is_zero(fixture: StoreFixture) {
    let fixture = fixture
        .again_with(Lifetimes {
            dead_letter_s: 0,
            ..LIFETIMES
        })
        .await;
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(3600));
}

async fn an_entry_that_is_handed_back_keeps_its_position_and_count(fixture: StoreFixture) {
    fixture.push("q", &["a", "b"]).await;
    let claim = fixture.claim_one("q").await;
    fixture
        .store
        .checkpoint(&claim, &at_link(2), None, &no_effects())
        .await
        .unwrap();
    assert_eq!(fixture.store.hand_back(&claim).await.unwrap(), Guarded::Done(None));
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
    let again = fixture.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (at_link(2), 0));
}

async fn a_stopped_run_goes_to_no_list(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.finish(&claim, &[]).await, Guarded::Done(None));
    assert!(fixture.claim("q", 1).await.is_empty());
    assert_eq!(fixture.reap("q").await, (vec![], vec![]));
}

async fn an_effect_can_delete_a_document(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("b").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let effects = Effects {
        push: Vec::new(),
        expire: vec![(id("a"), -1), (id("b"), 9)],
        needs: None,
        trail: None,
    };
    let write = fixture.write_to("a", "{}").await;
    let done = fixture
        .store
        .finish(&claim, &id("a"), Some(write), &effects, &[])
        .await
        .unwrap();
    assert!(matches!(done, Guarded::Done(_)));
    assert_eq!(fixture.text("a").await, None);
    assert_eq!(fixture.store.lifetime(&id("b")).await.unwrap(), Some(9));
}

async fn a_lifetime_beyond_all_bounds_ends_a_claim_like_any_other(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("b").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let effects = Effects {
        expire: vec![(id("a"), i64::MAX), (id("b"), i64::MIN)],
        ..no_effects()
    };
    let write = fixture.write_to("a", "{}").await;
    let done = fixture
        .store
        .finish(&claim, &id("a"), Some(write), &effects, &[list("out")])
        .await
        .unwrap();
    assert!(matches!(done, Guarded::Done(_)), "{done:?}");
    assert_eq!(fixture.entries("out").await, ["a"]);
    assert!(fixture.store.claims(&list("q")).await.unwrap().is_empty());
    let left = fixture.store.lifetime(&id("a")).await.unwrap().unwrap();
    assert!((MAX_LIFETIME_S - 60..=MAX_LIFETIME_S).contains(&left), "{left} s");
    assert_eq!(fixture.text("b").await, None);
    assert!(fixture.store.expire(&id("a"), i64::MAX).await.unwrap());
}

async fn a_requeue_ends_the_claim(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a", "b"]).await;
    let claim = fixture.claim_one("q").await;
    fixture
        .store
        .checkpoint(&claim, &at_link(2), None, &no_effects())
        .await
        .unwrap();
    assert!(fixture.store.requeue_claim(&list("q"), &claim.id).await.unwrap());
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
    let write = fixture.write_to("a", "{}").await;
    let store = &fixture.store;
    let lost = [
        store.checkpoint(&claim, &at_link(3), Some(write), &no_effects()).await,
        store.hand_back(&claim).await,
        store.fail(&claim, &record("late"), Some("late")).await,
        store
            .park(&claim, &at_link(3), None, &no_effects(), &list("people"), LEASE)
            .await,
        store
            .finish(&claim, &claim.vcon, None, &no_effects(), &[list("out")])
            .await,
    ];
    for answer in lost {
        assert_eq!(answer.unwrap(), Guarded::LostClaim);
    }
    let renewed = store.renew(&list("q"), std::slice::from_ref(&claim.id), LEASE).await;
    assert_eq!(renewed.unwrap(), std::slice::from_ref(&claim.id));
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
    for name in ["out", "people", "DLQ:q"] {
        assert!(fixture.entries(name).await.is_empty(), "{name}");
    }
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"uuid":"a"}"#);
    assert!(store.trail(&id("a")).await.unwrap().is_empty());
    let again = fixture.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (at_link(2), 0));
}

async fn an_unknown_claim_is_not_found(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    assert!(
        !fixture
            .store
            .requeue_claim(&list("q"), &ClaimId::random())
            .await
            .unwrap()
    );
    assert!(!fixture.store.requeue_claim(&list("other"), &claim.id).await.unwrap());
    fixture.finish(&claim, &[]).await;
    assert!(!fixture.store.requeue_claim(&list("q"), &claim.id).await.unwrap());
    assert!(fixture.entries("q").await.is_empty());
    assert!(fixture.entries("other").await.is_empty());
}
