//! Dead letters: bare ids for everyone, records for those who ask, and the way back.

use super::*;

on_both!(
    the_oldest_dead_letter_comes_first,
    a_dead_letter_needs_no_claim,
    as_many_dead_letters_go_back_as_were_asked_for,
    many_dead_letters_go_back_at_once,
    a_dead_letter_that_goes_back_leaves_no_record
);

async fn die(place: &Place, names: &[&str]) {
    place.push("q", names).await;
    for claim in place.claim("q", names.len()).await {
        place.store.fail(&claim, &record("trap"), None).await.unwrap();
    }
}

async fn the_oldest_dead_letter_comes_first(place: Place) {
    die(&place, &["a", "b", "c"]).await;
    place.push("DLQ:q", &["pushed-by-someone"]).await;
    let letters = place.store.dead_letters(&list("q"), 1, 9).await.unwrap();
    let seen: Vec<_> = letters
        .iter()
        .map(|letter| (letter.vcon.as_str(), letter.record.is_some()))
        .collect();
    assert_eq!(seen, [("b", true), ("c", true), ("pushed-by-someone", false)]);
    assert!(place.store.dead_letters(&list("q"), 0, 0).await.unwrap().is_empty());
    assert!(place.store.dead_letters(&list("none"), 0, 5).await.unwrap().is_empty());
}

async fn a_dead_letter_needs_no_claim(place: Place) {
    place.put("a").await;
    place
        .store
        .dead_letter(&list("DLQ:storage:s3"), &id("a"), &record("storage"))
        .await
        .unwrap();
    assert_eq!(place.entries("DLQ:storage:s3").await, ["a"]);
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(604_800));
    let letters = place.store.dead_letters(&list("storage:s3"), 0, 5).await.unwrap();
    assert_eq!(letters[0].record.as_ref().unwrap().class, "storage");
}

async fn as_many_dead_letters_go_back_as_were_asked_for(place: Place) {
    die(&place, &["a", "b", "c"]).await;
    place.push("q", &["new"]).await;
    assert_eq!(place.store.reprocess(&list("q"), 2).await.unwrap(), 2);
    assert_eq!(place.entries("q").await, ["new", "a", "b"]);
    assert_eq!(place.entries("DLQ:q").await, ["c"]);
    assert_eq!(place.store.reprocess(&list("q"), 100).await.unwrap(), 1);
    assert_eq!(place.store.reprocess(&list("q"), 100).await.unwrap(), 0);
    assert_eq!(place.store.reprocess(&list("q"), 0).await.unwrap(), 0);
    assert_eq!(place.store.reprocess(&list("none"), 5).await.unwrap(), 0);
}

async fn many_dead_letters_go_back_at_once(place: Place) {
    let names: Vec<VconId> = (0..2300).map(|i| id(&format!("v{i}"))).collect();
    place.store.push(&list("DLQ:q"), &names, None).await.unwrap();
    assert_eq!(place.store.reprocess(&list("q"), 100_000).await.unwrap(), 2300);
    assert_eq!(place.entries("q").await, texts(&names));
}

async fn a_dead_letter_that_goes_back_leaves_no_record(place: Place) {
    die(&place, &["a"]).await;
    place.store.reprocess(&list("q"), 1).await.unwrap();
    place.push("DLQ:q", &["a"]).await;
    assert!(
        place.store.dead_letters(&list("q"), 0, 1).await.unwrap()[0]
            .record
            .is_none()
    );
}
