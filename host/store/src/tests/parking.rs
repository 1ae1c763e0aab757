//! Hand-off: a run waits for its vCon and continues when it comes back. It becomes a dead letter
//! when it waits too long.

use super::*;

on_both!(
    a_parked_run_continues_when_its_id_comes_back,
    a_run_that_is_parked_too_long_is_a_dead_letter,
    an_id_that_was_not_parked_is_a_dead_letter,
    an_id_that_comes_back_twice_continues_its_run_once,
    two_parked_runs_on_one_vcon_are_two,
    parked_runs_continue_in_the_order_of_return,
    a_conflict_parks_nothing,
    a_run_that_switched_is_parked_as_the_other_vcon,
    a_place_survives_every_way_back_to_the_list,
    parked_ids_are_listed_once_each,
    a_thousand_ids_that_come_back_at_once_continue_at_once,
);

async fn park(fixture: &StoreFixture, claim: &Claim, at_most: Duration) {
    let done = fixture
        .store
        .park(claim, &at_link(2), None, &no_effects(), &list("people"), at_most)
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(None));
}

async fn resume(fixture: &StoreFixture) -> (Vec<String>, Vec<String>) {
    let reaped = fixture.store.resume(&list("q")).await.unwrap();
    (texts(&reaped.returned), texts(&reaped.dead))
}

async fn a_parked_run_continues_when_its_id_comes_back(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture
        .store
        .push(&list("q"), &[id("a")], Some(r#"{"t":1}"#))
        .await
        .unwrap();
    fixture.push("q", &["b"]).await;
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: Vec::new(),
        needs: None,
        trail: None,
    };
    let done = fixture
        .store
        .park(&claim, &at_link(2), Some(write), &effects, &list("people"), LEASE)
        .await
        .unwrap();
    assert!(matches!(done, Guarded::Done(Some(_))));
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"n":1}"#);
    assert_eq!(fixture.entries("people").await, ["a"]);
    assert_eq!(fixture.entries("side").await, ["a"]);
    assert!(fixture.store.claims(&list("q")).await.unwrap().is_empty());
    assert_eq!(resume(&fixture).await, (vec![], vec![]));

    fixture.push("resume:q", &["a"]).await;
    assert_eq!(resume(&fixture).await, (vec!["a".to_owned()], vec![]));
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
    assert!(fixture.entries("resume:q").await.is_empty());
    let again = fixture.claim_one("q").await;
    assert_eq!(
        (again.checkpoint, again.lost_leases, again.context.as_deref()),
        (at_link(2), 0, Some(r#"{"t":1}"#))
    );
}

async fn a_run_that_is_parked_too_long_is_a_dead_letter(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    park(&fixture, &claim, Duration::from_millis(50)).await;
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(resume(&fixture).await, (vec![], vec!["a".to_owned()]));
    assert_eq!(resume(&fixture).await, (vec![], vec![]));
    let letters = fixture.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    let record = letters[0].record.as_ref().unwrap();
    assert_eq!((record.class.as_str(), &record.chain), ("hand-off", &at_link(0).chain));
    // The id comes back too late. Its run is a dead letter already, with a better reason.
    fixture.push("resume:q", &["a"]).await;
    assert_eq!(resume(&fixture).await, (vec![], vec![]));
    assert!(fixture.entries("resume:q").await.is_empty());
    let letters = fixture.store.dead_letters(&list("q"), 0, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].record.as_ref().unwrap().class, "hand-off");
}

async fn an_id_that_was_not_parked_is_a_dead_letter(fixture: StoreFixture) {
    fixture.push("resume:q", &["x"]).await;
    assert_eq!(resume(&fixture).await, (vec![], vec!["x".to_owned()]));
    assert_eq!(fixture.entries("DLQ:q").await, ["x"]);
    assert_eq!(
        fixture.store.dead_letters(&list("q"), 0, 1).await.unwrap()[0]
            .record
            .as_ref()
            .unwrap()
            .class,
        "resume"
    );
}

async fn an_id_that_comes_back_twice_continues_its_run_once(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    park(&fixture, &fixture.claim_one("q").await, LEASE).await;
    fixture.push("resume:q", &["a", "a"]).await;
    assert_eq!(resume(&fixture).await, (vec!["a".to_owned()], vec![]));
    fixture.push("resume:q", &["a"]).await;
    assert_eq!(
        resume(&fixture).await,
        (vec![], vec![]),
        "a dead letter could be run again"
    );
    let claim = fixture.claim_one("q").await;
    park(&fixture, &claim, LEASE).await;
    fixture.push("resume:q", &["a"]).await;
    assert_eq!(resume(&fixture).await.0, ["a"], "a second hand-off is another one");
}

async fn two_parked_runs_on_one_vcon_are_two(fixture: StoreFixture) {
    fixture.push("q", &["a", "a"]).await;
    let claims = fixture.claim("q", 2).await;
    park(&fixture, &claims[0], LEASE).await;
    park(&fixture, &claims[1], Duration::from_millis(50)).await;
    fixture.push("resume:q", &["a"]).await;
    assert_eq!(resume(&fixture).await, (vec!["a".to_owned()], vec![]));
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(resume(&fixture).await, (vec![], vec!["a".to_owned()]));
}

async fn parked_runs_continue_in_the_order_of_return(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c", "d"]).await;
    for claim in fixture.claim("q", 3).await {
        park(&fixture, &claim, LEASE).await;
    }
    fixture.push("resume:q", &["b", "c", "a"]).await;
    assert_eq!(resume(&fixture).await.0, ["b", "c", "a"]);
    assert_eq!(fixture.entries("q").await, ["b", "c", "a", "d"]);
}

async fn a_conflict_parks_nothing(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let stale = fixture.write_to("a", "{}").await;
    let other = fixture.write_to("a", r#"{"n":2}"#).await;
    fixture.store.write(other).await.unwrap();
    let answer = fixture
        .store
        .park(&claim, &at_link(1), Some(stale), &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    assert!(fixture.entries("people").await.is_empty());
    assert_eq!(fixture.store.claims(&list("q")).await.unwrap().len(), 1);
}

/// A run that has switched hands off the other vCon. Its entry stays the original one.
async fn a_run_that_switched_is_parked_as_the_other_vcon(fixture: StoreFixture) {
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let point = Checkpoint {
        current: Some(id("b")),
        ..at_link(1)
    };
    fixture
        .store
        .park(&claim, &point, None, &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(fixture.entries("people").await, ["b"]);
    fixture.push("resume:q", &["b"]).await;
    assert_eq!(resume(&fixture).await, (vec!["a".to_owned()], vec![]));
    assert_eq!(fixture.claim_one("q").await.checkpoint, point);
}

/// An empty half of a place must stay the same in Lua, which has no empty arrays.
async fn a_place_survives_every_way_back_to_the_list(fixture: StoreFixture) {
    for text in ["a b | a c", "a |", "| a", "|"] {
        let point = at_place(text);
        fixture.push("q", &["a"]).await;
        let claim = fixture.claim_one("q").await;
        let noted = fixture.store.checkpoint(&claim, &point, None, &no_effects()).await;
        assert_eq!(noted.unwrap(), Guarded::Done(None));
        fixture.store.hand_back(&claim).await.unwrap();
        let claim = fixture.claim_one("q").await;
        assert_eq!(claim.checkpoint, point, "after a hand-back");

        fixture.lose(std::slice::from_ref(&claim)).await;
        assert_eq!(fixture.reap("q").await, (vec!["a".to_owned()], vec![]));
        let claim = fixture.claim_one("q").await;
        assert_eq!(claim.checkpoint, point, "after a lost lease");

        let parked = fixture
            .store
            .park(&claim, &claim.checkpoint, None, &no_effects(), &list("people"), LEASE)
            .await;
        assert_eq!(parked.unwrap(), Guarded::Done(None));
        fixture.push("resume:q", &["a"]).await;
        assert_eq!(resume(&fixture).await, (vec!["a".to_owned()], vec![]));
        let claims = fixture.claim("q", 1).await;
        assert_eq!(claims[0].checkpoint, point, "after a hand-off");
        let listed = fixture.store.claims(&list("q")).await.unwrap();
        assert_eq!(listed[0].1.checkpoint, point, "in the list of claims");
        fixture.finish(&claims[0], &[]).await;
    }
}

async fn parked_ids_are_listed_once_each(fixture: StoreFixture) {
    fixture.push("q", &["b", "a", "a", "c"]).await;
    for claim in fixture.claim("q", 4).await {
        let point = Checkpoint {
            current: (claim.vcon == id("c")).then(|| id("switched")),
            ..at_link(1)
        };
        fixture
            .store
            .park(&claim, &point, None, &no_effects(), &list("people"), LEASE)
            .await
            .unwrap();
    }
    let parked = fixture.store.parked(&list("q")).await.unwrap();
    assert_eq!(texts(&parked), ["a", "b", "switched"]);
    fixture.push("resume:q", &["b"]).await;
    fixture.store.resume(&list("q")).await.unwrap();
    assert_eq!(
        texts(&fixture.store.parked(&list("q")).await.unwrap()),
        ["a", "switched"]
    );
    assert!(fixture.store.parked(&list("none")).await.unwrap().is_empty());
}

/// They come back in time. That they wait behind others must not make them late.
async fn a_thousand_ids_that_come_back_at_once_continue_at_once(fixture: StoreFixture) {
    let names: Vec<String> = (0..1000).map(|number| format!("v{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fixture.push("q", &names).await;
    let mut claims = fixture.claim("q", 500).await;
    claims.extend(fixture.claim("q", 500).await);
    assert_eq!(claims.len(), 1000, "all are claimed");
    for claim in &claims {
        park(&fixture, claim, Duration::from_millis(1)).await;
    }
    fixture.push("resume:q", &names).await;
    let (returned, dead) = resume(&fixture).await;
    assert_eq!(
        (returned.len(), dead.len()),
        (1000, 0),
        "some became dead letters: {dead:?}"
    );
    assert_eq!(fixture.entries("q").await.len(), 1000);
    assert!(fixture.entries("resume:q").await.is_empty());
}
