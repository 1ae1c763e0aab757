//! Mending: one dead letter, one claim, one place on a list, and nothing beside it.

use super::*;
use vconduit_base::names::{ClaimId, Digest, LinkName};

on_both!(
    a_retry_moves_just_that_dead_letter,
    a_retry_begins_the_run_anew,
    a_retry_with_a_checkpoint_begins_there,
    two_equal_dead_letters_are_two,
    a_dead_letter_that_is_not_there_is_not_found,
    dead_letters_of_a_storage_cannot_go_back,
    a_dropped_dead_letter_leaves_its_document,
    a_requeue_takes_the_claim_away,
    a_claim_that_is_not_there_is_not_found,
    a_position_is_counted_from_the_head,
    parked_ids_are_listed_once_each,
);

async fn die(place: &Place, names: &[&str]) {
    place.push("q", names).await;
    for claim in place.claim("q", names.len()).await {
        place.store.fail(&claim, &record("trap"), None).await.unwrap();
    }
}

async fn retry(place: &Place, name: &str, checkpoint: Option<&Checkpoint>) -> bool {
    place
        .store
        .retry_dead_letter(&list("q"), &id(name), checkpoint)
        .await
        .unwrap()
}

async fn records(place: &Place) -> Vec<(String, bool)> {
    let letters = place.store.dead_letters(&list("q"), 0, 99).await.unwrap();
    letters
        .iter()
        .map(|letter| (letter.vcon.to_string(), letter.record.is_some()))
        .collect()
}

async fn a_retry_moves_just_that_dead_letter(place: Place) {
    die(&place, &["a", "b", "c"]).await;
    place.push("q", &["new"]).await;
    assert!(retry(&place, "b", None).await);
    assert_eq!(place.entries("q").await, ["new", "b"]);
    assert_eq!(records(&place).await, [("a".to_owned(), true), ("c".to_owned(), true)]);
    place.push("DLQ:q", &["b"]).await;
    assert_eq!(
        records(&place).await[2],
        ("b".to_owned(), false),
        "its record is forgotten"
    );
}

async fn a_retry_begins_the_run_anew(place: Place) {
    // A note that is left from another entry with the same id.
    place.push("q", &["a", "a"]).await;
    let claims = place.claim("q", 2).await;
    place
        .store
        .checkpoint(&claims[0], &at_link(3), None, &no_effects())
        .await
        .unwrap();
    place.store.fail(&claims[1], &record("trap"), None).await.unwrap();
    place.store.hand_back(&claims[0]).await.unwrap();
    place.store.pop_tail(&list("q"), 1).await.unwrap();
    assert!(retry(&place, "a", None).await);
    let again = place.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (Checkpoint::default(), 0));
}

async fn a_retry_with_a_checkpoint_begins_there(place: Place) {
    die(&place, &["a"]).await;
    let version = (LinkName::new("tag").unwrap(), Digest::of(b"other"));
    let point = Checkpoint {
        versions: BTreeMap::from([version]),
        ..at_link(2)
    };
    assert!(retry(&place, "a", Some(&point)).await);
    let claim = place.claim_one("q").await;
    assert_eq!(claim.checkpoint, point);
    // And on over a lost lease.
    place.store.hand_back(&claim).await.unwrap();
    let claim = place.claim_one("q").await;
    assert_eq!(claim.checkpoint, point);
    // Those of the run itself, too.
    let further = Checkpoint { next_link: 3, ..point };
    place
        .store
        .checkpoint(&claim, &further, None, &no_effects())
        .await
        .unwrap();
    place.lose(&[claim]).await;
    place.reap("q").await;
    assert_eq!(place.claim_one("q").await.checkpoint, further);
}

async fn two_equal_dead_letters_are_two(place: Place) {
    die(&place, &["a", "b", "a"]).await;
    assert!(retry(&place, "a", None).await);
    assert_eq!(place.entries("DLQ:q").await, ["b", "a"], "the oldest goes");
    assert_eq!(place.entries("q").await, ["a"]);
    assert_eq!(
        records(&place).await,
        [("b".to_owned(), true), ("a".to_owned(), true)],
        "the record is still needed"
    );
    assert!(place.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert!(!retry(&place, "a", None).await);
    assert_eq!(place.entries("q").await, ["a"]);
}

async fn a_dead_letter_that_is_not_there_is_not_found(place: Place) {
    die(&place, &["a"]).await;
    assert!(!retry(&place, "b", None).await);
    assert!(!retry(&place, "b", Some(&at_link(1))).await);
    assert!(!place.store.drop_dead_letter(&list("q"), &id("b")).await.unwrap());
    assert!(!place.store.drop_dead_letter(&list("none"), &id("a")).await.unwrap());
    assert!(place.entries("q").await.is_empty());
    assert_eq!(records(&place).await, [("a".to_owned(), true)]);
    // No checkpoint was noted for it either.
    place.push("q", &["b"]).await;
    assert_eq!(place.claim_one("q").await.checkpoint, Checkpoint::default());
}

async fn dead_letters_of_a_storage_cannot_go_back(place: Place) {
    place
        .store
        .dead_letter(&list("DLQ:storage:s3"), &id("a"), &record("storage"))
        .await
        .unwrap();
    let error = place
        .store
        .retry_dead_letter(&list("storage:s3"), &id("a"), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(r#""s3""#), "{error}");
    assert_eq!(place.entries("DLQ:storage:s3").await, ["a"]);
    assert!(place.entries("storage:s3").await.is_empty());
    let dropped = place.store.drop_dead_letter(&list("storage:s3"), &id("a")).await;
    assert!(dropped.unwrap());
    assert!(place.entries("DLQ:storage:s3").await.is_empty());
}

async fn a_dropped_dead_letter_leaves_its_document(place: Place) {
    place.put("a").await;
    die(&place, &["a", "b"]).await;
    assert!(place.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert!(!place.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert_eq!(records(&place).await, [("b".to_owned(), true)]);
    assert!(place.entries("q").await.is_empty());
    assert!(place.text("a").await.is_some());
}

async fn a_requeue_takes_the_claim_away(place: Place) {
    place.put("a").await;
    place.push("q", &["a", "b"]).await;
    let claim = place.claim_one("q").await;
    place
        .store
        .checkpoint(&claim, &at_link(2), None, &no_effects())
        .await
        .unwrap();
    assert!(place.store.requeue_claim(&list("q"), &claim.id).await.unwrap());
    assert_eq!(place.entries("q").await, ["a", "b"]);
    let write = place.write_to("a", "{}").await;
    let store = &place.store;
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
    assert_eq!(place.entries("q").await, ["a", "b"]);
    for name in ["out", "people", "DLQ:q"] {
        assert!(place.entries(name).await.is_empty(), "{name}");
    }
    assert_eq!(place.text("a").await.unwrap(), r#"{"uuid":"a"}"#);
    assert!(store.trail(&id("a")).await.unwrap().is_empty());
    let again = place.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (at_link(2), 0));
}

async fn a_claim_that_is_not_there_is_not_found(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    assert!(!place.store.requeue_claim(&list("q"), &ClaimId::random()).await.unwrap());
    assert!(!place.store.requeue_claim(&list("other"), &claim.id).await.unwrap());
    place.finish(&claim, &[]).await;
    assert!(!place.store.requeue_claim(&list("q"), &claim.id).await.unwrap());
    assert!(place.entries("q").await.is_empty());
    assert!(place.entries("other").await.is_empty());
}

async fn a_position_is_counted_from_the_head(place: Place) {
    place.push("q", &["a", "b", "c", "b"]).await;
    let position = async |name: &str| place.store.position(&list("q"), &id(name)).await.unwrap();
    assert_eq!(position("a").await, Some(0));
    assert_eq!(position("b").await, Some(1), "the first of them");
    assert_eq!(position("d").await, None);
    place.claim_one("q").await;
    assert_eq!(position("a").await, None);
    assert_eq!(position("c").await, Some(1));
    let claim = place.claim_one("q").await;
    place.store.hand_back(&claim).await.unwrap();
    assert_eq!(position("b").await, Some(0));
    assert_eq!(place.store.position(&list("none"), &id("a")).await.unwrap(), None);
}

async fn parked_ids_are_listed_once_each(place: Place) {
    place.push("q", &["b", "a", "a", "c"]).await;
    for claim in place.claim("q", 4).await {
        let point = Checkpoint {
            current: (claim.vcon == id("c")).then(|| id("switched")),
            ..at_link(1)
        };
        place
            .store
            .park(&claim, &point, None, &no_effects(), &list("people"), LEASE)
            .await
            .unwrap();
    }
    let parked = place.store.parked(&list("q")).await.unwrap();
    assert_eq!(texts(&parked), ["a", "b", "switched"]);
    place.push("resume:q", &["b"]).await;
    place.store.resume(&list("q")).await.unwrap();
    assert_eq!(texts(&place.store.parked(&list("q")).await.unwrap()), ["a", "switched"]);
    assert!(place.store.parked(&list("none")).await.unwrap().is_empty());
}

/// The adapter sends a step again when its answer was lost. That must not move the next letter of the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_cut_off_again_and_again_while_mending() {
    let place = Place::redis().await;
    let names = vec!["a"; 60];
    place.push("DLQ:q", &names).await;
    let cut = place.server().cut_connections();
    for done in 1..=40 {
        // A connection that is cut over and over may use up a step's patience. Whether it was done shows on the list.
        while place.entries("q").await.len() < done {
            let moved = place.store.retry_dead_letter(&list("q"), &id("a"), None).await;
            assert!(matches!(moved, Ok(true) | Err(StoreError::Unavailable(_))), "{moved:?}");
        }
        assert_eq!(place.entries("q").await.len(), done, "one at a time");
    }
    cut.abort();
    assert_eq!(place.entries("DLQ:q").await.len(), 20);
}
