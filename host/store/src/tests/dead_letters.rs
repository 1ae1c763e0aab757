//! Dead letters: bare ids for other programs, records for people, and the moves back to the list.

use super::*;
use vconduit_base::names::{Digest, LinkName};

on_both!(
    the_oldest_dead_letter_comes_first,
    a_dead_letter_needs_no_claim,
    as_many_dead_letters_go_back_as_were_asked_for,
    many_dead_letters_go_back_at_once,
    a_dead_letter_that_goes_back_leaves_no_record,
    a_retry_moves_only_that_dead_letter,
    a_retry_begins_the_run_anew,
    a_retry_with_a_checkpoint_begins_there,
    two_equal_dead_letters_are_two,
    an_unknown_dead_letter_is_not_found,
    dead_letters_of_a_storage_cannot_go_back,
    a_dropped_dead_letter_leaves_its_document,
);

async fn die(fixture: &StoreFixture, names: &[&str]) {
    fixture.push("q", names).await;
    for claim in fixture.claim("q", names.len()).await {
        fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    }
}

async fn the_oldest_dead_letter_comes_first(fixture: StoreFixture) {
    die(&fixture, &["a", "b", "c"]).await;
    fixture.push("DLQ:q", &["pushed-by-someone"]).await;
    let letters = fixture.store.dead_letters(&list("q"), 1, 9).await.unwrap();
    let seen: Vec<_> = letters
        .iter()
        .map(|letter| (letter.vcon.as_str(), letter.record.is_some()))
        .collect();
    assert_eq!(seen, [("b", true), ("c", true), ("pushed-by-someone", false)]);
    assert!(fixture.store.dead_letters(&list("q"), 0, 0).await.unwrap().is_empty());
    assert!(
        fixture
            .store
            .dead_letters(&list("none"), 0, 5)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_dead_letter_needs_no_claim(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture
        .store
        .dead_letter(&list("DLQ:storage:s3"), &id("a"), &record("storage"))
        .await
        .unwrap();
    assert_eq!(fixture.entries("DLQ:storage:s3").await, ["a"]);
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    let letters = fixture.store.dead_letters(&list("storage:s3"), 0, 5).await.unwrap();
    assert_eq!(letters[0].record.as_ref().unwrap().class, "storage");
}

async fn as_many_dead_letters_go_back_as_were_asked_for(fixture: StoreFixture) {
    die(&fixture, &["a", "b", "c"]).await;
    fixture.push("q", &["new"]).await;
    assert_eq!(fixture.store.reprocess(&list("q"), 2).await.unwrap(), 2);
    assert_eq!(fixture.entries("q").await, ["new", "a", "b"]);
    assert_eq!(fixture.entries("DLQ:q").await, ["c"]);
    assert_eq!(fixture.store.reprocess(&list("q"), 100).await.unwrap(), 1);
    assert_eq!(fixture.store.reprocess(&list("q"), 100).await.unwrap(), 0);
    assert_eq!(fixture.store.reprocess(&list("q"), 0).await.unwrap(), 0);
    assert_eq!(fixture.store.reprocess(&list("none"), 5).await.unwrap(), 0);
}

async fn many_dead_letters_go_back_at_once(fixture: StoreFixture) {
    let names: Vec<VconId> = (0..2300).map(|i| id(&format!("v{i}"))).collect();
    fixture.store.push(&list("DLQ:q"), &names, None).await.unwrap();
    assert_eq!(fixture.store.reprocess(&list("q"), 100_000).await.unwrap(), 2300);
    assert_eq!(fixture.entries("q").await, texts(&names));
}

async fn a_dead_letter_that_goes_back_leaves_no_record(fixture: StoreFixture) {
    die(&fixture, &["a"]).await;
    fixture.store.reprocess(&list("q"), 1).await.unwrap();
    fixture.push("DLQ:q", &["a"]).await;
    assert!(
        fixture.store.dead_letters(&list("q"), 0, 1).await.unwrap()[0]
            .record
            .is_none()
    );
}

async fn retry(fixture: &StoreFixture, name: &str, checkpoint: Option<&Checkpoint>) -> bool {
    fixture
        .store
        .retry_dead_letter(&list("q"), &id(name), checkpoint)
        .await
        .unwrap()
}

async fn records(fixture: &StoreFixture) -> Vec<(String, bool)> {
    let letters = fixture.store.dead_letters(&list("q"), 0, 99).await.unwrap();
    letters
        .iter()
        .map(|letter| (letter.vcon.to_string(), letter.record.is_some()))
        .collect()
}

async fn a_retry_moves_only_that_dead_letter(fixture: StoreFixture) {
    die(&fixture, &["a", "b", "c"]).await;
    fixture.push("q", &["new"]).await;
    assert!(retry(&fixture, "b", None).await);
    assert_eq!(fixture.entries("q").await, ["new", "b"]);
    assert_eq!(
        records(&fixture).await,
        [("a".to_owned(), true), ("c".to_owned(), true)]
    );
    fixture.push("DLQ:q", &["b"]).await;
    assert_eq!(
        records(&fixture).await[2],
        ("b".to_owned(), false),
        "its record is forgotten"
    );
}

async fn a_retry_begins_the_run_anew(fixture: StoreFixture) {
    // A note of another entry with the same id.
    fixture.push("q", &["a", "a"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture
        .store
        .checkpoint(&claims[0], &at_link(3), None, &no_effects())
        .await
        .unwrap();
    fixture.store.fail(&claims[1], &record("trap"), None).await.unwrap();
    fixture.store.hand_back(&claims[0]).await.unwrap();
    fixture.store.pop_tail(&list("q"), 1).await.unwrap();
    assert!(retry(&fixture, "a", None).await);
    let again = fixture.claim_one("q").await;
    assert_eq!((again.checkpoint, again.lost_leases), (Checkpoint::default(), 0));
}

async fn a_retry_with_a_checkpoint_begins_there(fixture: StoreFixture) {
    die(&fixture, &["a"]).await;
    let version = (LinkName::new("tag").unwrap(), Digest::of(b"other"));
    let point = Checkpoint {
        versions: BTreeMap::from([version]),
        ..at_link(2)
    };
    assert!(retry(&fixture, "a", Some(&point)).await);
    let claim = fixture.claim_one("q").await;
    assert_eq!(claim.checkpoint, point);
    // It stays after the entry was handed back.
    fixture.store.hand_back(&claim).await.unwrap();
    let claim = fixture.claim_one("q").await;
    assert_eq!(claim.checkpoint, point);
    // Later checkpoints of the run replace it.
    let further = Checkpoint { next_link: 3, ..point };
    fixture
        .store
        .checkpoint(&claim, &further, None, &no_effects())
        .await
        .unwrap();
    fixture.lose(&[claim]).await;
    fixture.reap("q").await;
    assert_eq!(fixture.claim_one("q").await.checkpoint, further);
}

async fn two_equal_dead_letters_are_two(fixture: StoreFixture) {
    die(&fixture, &["a", "b", "a"]).await;
    assert!(retry(&fixture, "a", None).await);
    assert_eq!(fixture.entries("DLQ:q").await, ["b", "a"], "the oldest letter moves");
    assert_eq!(fixture.entries("q").await, ["a"]);
    assert_eq!(
        records(&fixture).await,
        [("b".to_owned(), true), ("a".to_owned(), true)],
        "the record is still needed"
    );
    assert!(fixture.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert!(!retry(&fixture, "a", None).await);
    assert_eq!(fixture.entries("q").await, ["a"]);
}

async fn an_unknown_dead_letter_is_not_found(fixture: StoreFixture) {
    die(&fixture, &["a"]).await;
    assert!(!retry(&fixture, "b", None).await);
    assert!(!retry(&fixture, "b", Some(&at_link(1))).await);
    assert!(!fixture.store.drop_dead_letter(&list("q"), &id("b")).await.unwrap());
    assert!(!fixture.store.drop_dead_letter(&list("none"), &id("a")).await.unwrap());
    assert!(fixture.entries("q").await.is_empty());
    assert_eq!(records(&fixture).await, [("a".to_owned(), true)]);
    // No checkpoint was stored for it either.
    fixture.push("q", &["b"]).await;
    assert_eq!(fixture.claim_one("q").await.checkpoint, Checkpoint::default());
}

async fn dead_letters_of_a_storage_cannot_go_back(fixture: StoreFixture) {
    fixture
        .store
        .dead_letter(&list("DLQ:storage:s3"), &id("a"), &record("storage"))
        .await
        .unwrap();
    let error = fixture
        .store
        .retry_dead_letter(&list("storage:s3"), &id("a"), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains(r#""s3""#), "{error}");
    let error = fixture.store.reprocess(&list("storage:s3"), 10).await.unwrap_err();
    assert!(error.to_string().contains(r#""s3""#), "{error}");
    assert_eq!(fixture.entries("DLQ:storage:s3").await, ["a"]);
    assert!(fixture.entries("storage:s3").await.is_empty());
    let dropped = fixture.store.drop_dead_letter(&list("storage:s3"), &id("a")).await;
    assert!(dropped.unwrap());
    assert!(fixture.entries("DLQ:storage:s3").await.is_empty());
}

async fn a_dropped_dead_letter_leaves_its_document(fixture: StoreFixture) {
    fixture.put("a").await;
    die(&fixture, &["a", "b"]).await;
    assert!(fixture.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert!(!fixture.store.drop_dead_letter(&list("q"), &id("a")).await.unwrap());
    assert_eq!(records(&fixture).await, [("b".to_owned(), true)]);
    assert!(fixture.entries("q").await.is_empty());
    assert!(fixture.text("a").await.is_some());
}

/// The adapter sends a step again when the reply was lost. That must not move the next letter of
/// the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_on_a_connection_that_is_cut_again_and_again_moves_one_letter() {
    let fixture = StoreFixture::redis().await;
    let names = vec!["a"; 60];
    fixture.push("DLQ:q", &names).await;
    let cut = fixture.server().cut_connections();
    for done in 1..=40 {
        // A step may run out of time on a connection that is cut again and again. The list shows
        // whether it was done.
        while fixture.entries("q").await.len() < done {
            let moved = fixture.store.retry_dead_letter(&list("q"), &id("a"), None).await;
            assert!(matches!(moved, Ok(true) | Err(StoreError::Unavailable(_))), "{moved:?}");
        }
        assert_eq!(fixture.entries("q").await.len(), done, "one call moved several letters");
    }
    cut.abort();
    assert_eq!(fixture.entries("DLQ:q").await.len(), 20);
}
