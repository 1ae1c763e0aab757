//! Hand-off: a run waits for its vCon to come back, and goes on, or ends in the dead letters.

use super::*;

on_both!(
    a_parked_run_goes_on_when_its_id_comes_back,
    a_run_that_is_parked_too_long_is_a_dead_letter,
    an_id_that_was_not_parked_is_a_dead_letter,
    two_parked_runs_on_one_vcon_are_two,
    parked_runs_go_on_in_the_order_of_return,
    a_conflict_parks_nothing,
    a_run_that_switched_is_parked_as_the_other_vcon,
    a_place_survives_every_way_back_to_the_list,
);

async fn park(place: &Place, claim: &Claim, at_most: Duration) {
    let done = place
        .store
        .park(claim, &at_link(2), None, &no_effects(), &list("people"), at_most)
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(None));
}

async fn resume(place: &Place) -> (Vec<String>, Vec<String>) {
    let reaped = place.store.resume(&list("q")).await.unwrap();
    (texts(&reaped.returned), texts(&reaped.dead))
}

async fn a_parked_run_goes_on_when_its_id_comes_back(place: Place) {
    place.put("a").await;
    place
        .store
        .push(&list("q"), &[id("a")], Some(r#"{"t":1}"#))
        .await
        .unwrap();
    place.push("q", &["b"]).await;
    let claim = place.claim_one("q").await;
    let write = place.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: Vec::new(),
        trail: None,
    };
    let done = place
        .store
        .park(&claim, &at_link(2), Some(write), &effects, &list("people"), LEASE)
        .await
        .unwrap();
    assert!(matches!(done, Guarded::Done(Some(_))));
    assert_eq!(place.text("a").await.unwrap(), r#"{"n":1}"#);
    assert_eq!(place.entries("people").await, ["a"]);
    assert_eq!(place.entries("side").await, ["a"]);
    assert!(place.store.claims(&list("q")).await.unwrap().is_empty());
    assert_eq!(resume(&place).await, (vec![], vec![]));

    place.push("resume:q", &["a"]).await;
    assert_eq!(resume(&place).await, (vec!["a".to_owned()], vec![]));
    assert_eq!(place.entries("q").await, ["a", "b"]);
    assert!(place.entries("resume:q").await.is_empty());
    let again = place.claim_one("q").await;
    assert_eq!(
        (again.checkpoint, again.lost_leases, again.context.as_deref()),
        (at_link(2), 0, Some(r#"{"t":1}"#))
    );
}

async fn a_run_that_is_parked_too_long_is_a_dead_letter(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    park(&place, &claim, Duration::from_millis(50)).await;
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(resume(&place).await, (vec![], vec!["a".to_owned()]));
    assert_eq!(resume(&place).await, (vec![], vec![]));
    let letters = place.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let record = letters[0].record.as_ref().unwrap();
    assert_eq!((record.class.as_str(), &record.chain), ("hand-off", &at_link(0).chain));
    // Back after all: there is no run any more, and the dead letter is there already, with the better reason.
    place.push("resume:q", &["a"]).await;
    assert_eq!(resume(&place).await, (vec![], vec![]));
    assert!(place.entries("resume:q").await.is_empty());
    let letters = place.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].record.as_ref().unwrap().class, "hand-off");
}

async fn an_id_that_was_not_parked_is_a_dead_letter(place: Place) {
    place.push("resume:q", &["x"]).await;
    assert_eq!(resume(&place).await, (vec![], vec!["x".to_owned()]));
    assert_eq!(place.entries("DLQ:q").await, ["x"]);
    assert_eq!(
        place.store.dead_letters(&list("q"), 0, 1).await.unwrap()[0]
            .record
            .as_ref()
            .unwrap()
            .class,
        "resume"
    );
}

async fn two_parked_runs_on_one_vcon_are_two(place: Place) {
    place.push("q", &["a", "a"]).await;
    let claims = place.claim("q", 2).await;
    park(&place, &claims[0], LEASE).await;
    park(&place, &claims[1], Duration::from_millis(50)).await;
    place.push("resume:q", &["a"]).await;
    assert_eq!(resume(&place).await, (vec!["a".to_owned()], vec![]));
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(resume(&place).await, (vec![], vec!["a".to_owned()]));
}

async fn parked_runs_go_on_in_the_order_of_return(place: Place) {
    place.push("q", &["a", "b", "c", "d"]).await;
    for claim in place.claim("q", 3).await {
        park(&place, &claim, LEASE).await;
    }
    place.push("resume:q", &["b", "c", "a"]).await;
    assert_eq!(resume(&place).await.0, ["b", "c", "a"]);
    assert_eq!(place.entries("q").await, ["b", "c", "a", "d"]);
}

async fn a_conflict_parks_nothing(place: Place) {
    place.put("a").await;
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let stale = place.write_to("a", "{}").await;
    let other = place.write_to("a", r#"{"n":2}"#).await;
    place.store.write(other).await.unwrap();
    let answer = place
        .store
        .park(&claim, &at_link(1), Some(stale), &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    assert!(place.entries("people").await.is_empty());
    assert_eq!(place.store.claims(&list("q")).await.unwrap().len(), 1);
}

/// The run had switched to another vCon: that one goes out and comes back, the entry is the original one.
async fn a_run_that_switched_is_parked_as_the_other_vcon(place: Place) {
    place.push("q", &["a"]).await;
    let claim = place.claim_one("q").await;
    let point = Checkpoint {
        current: Some(id("b")),
        ..at_link(1)
    };
    place
        .store
        .park(&claim, &point, None, &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(place.entries("people").await, ["b"]);
    place.push("resume:q", &["b"]).await;
    assert_eq!(resume(&place).await, (vec!["a".to_owned()], vec![]));
    assert_eq!(place.claim_one("q").await.checkpoint, point);
}

/// An empty half of a place must not turn into something else on its way through Lua.
async fn a_place_survives_every_way_back_to_the_list(place: Place) {
    for text in ["a b | a c", "a |", "| a", "|"] {
        let point = at_place(text);
        place.push("q", &["a"]).await;
        let claim = place.claim_one("q").await;
        let noted = place.store.checkpoint(&claim, &point, None, &no_effects()).await;
        assert_eq!(noted.unwrap(), Guarded::Done(None));
        place.store.hand_back(&claim).await.unwrap();
        let claim = place.claim_one("q").await;
        assert_eq!(claim.checkpoint, point, "after a hand-back");

        place.lose(std::slice::from_ref(&claim)).await;
        assert_eq!(place.reap("q").await, (vec!["a".to_owned()], vec![]));
        let claim = place.claim_one("q").await;
        assert_eq!(claim.checkpoint, point, "after a lost lease");

        let parked = place
            .store
            .park(&claim, &claim.checkpoint, None, &no_effects(), &list("people"), LEASE)
            .await;
        assert_eq!(parked.unwrap(), Guarded::Done(None));
        place.push("resume:q", &["a"]).await;
        assert_eq!(resume(&place).await, (vec!["a".to_owned()], vec![]));
        let claims = place.claim("q", 1).await;
        assert_eq!(claims[0].checkpoint, point, "after a hand-off");
        let listed = place.store.claims(&list("q")).await.unwrap();
        assert_eq!(listed[0].1.checkpoint, point, "as people see it");
        place.finish(&claims[0], &[]).await;
    }
}
