//! The survey finds the lists with entries to recover, and nothing else.

use super::*;

on_both!(
    a_list_is_due_when_a_lease_has_run_out,
    a_list_is_due_when_an_id_has_come_back_and_when_a_run_is_parked_too_long,
    a_list_that_left_the_configuration_is_due_like_any_other,
    entries_are_counted_also_around_a_gap,
    work_in_progress_is_counted,
);

async fn due(fixture: &StoreFixture, ingress: &[&str]) -> Vec<String> {
    let ingress: Vec<ListName> = ingress.iter().map(|name| list(name)).collect();
    let survey = fixture.store.survey(&ingress, &[], Duration::ZERO).await.unwrap();
    survey.due.iter().map(ToString::to_string).collect()
}

async fn park(fixture: &StoreFixture, claim: &Claim, at_most: Duration) {
    let parked = fixture
        .store
        .park(claim, &at_link(1), None, &no_effects(), &list("people"), at_most)
        .await
        .unwrap();
    assert_eq!(parked, Guarded::Done(None));
}

async fn a_list_is_due_when_a_lease_has_run_out(fixture: StoreFixture) {
    fixture.push("p", &["a"]).await;
    fixture.push("q", &["a"]).await;
    assert!(due(&fixture, &["p", "q"]).await.is_empty(), "nothing is claimed");
    let (_live, lost) = (fixture.claim_one("p").await, fixture.claim_one("q").await);
    assert!(due(&fixture, &["p", "q"]).await.is_empty(), "both leases are live");
    fixture.lose(&[lost]).await;
    assert_eq!(due(&fixture, &["p", "q"]).await, ["q"]);
    fixture.reap("q").await;
    assert!(due(&fixture, &["p", "q"]).await.is_empty(), "it was recovered");
}

async fn a_list_is_due_when_an_id_has_come_back_and_when_a_run_is_parked_too_long(fixture: StoreFixture) {
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 2).await;
    park(&fixture, &claims[0], LEASE).await;
    assert!(due(&fixture, &["q"]).await.is_empty(), "it waits");
    fixture.push("resume:q", &["a"]).await;
    assert_eq!(due(&fixture, &["q"]).await, ["q"], "it has come back");
    fixture.store.resume(&list("q")).await.unwrap();
    assert!(due(&fixture, &["q"]).await.is_empty());
    park(&fixture, &claims[1], Duration::from_millis(10)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(due(&fixture, &["q"]).await, ["q"], "it is late");
}

async fn a_list_that_left_the_configuration_is_due_like_any_other(fixture: StoreFixture) {
    fixture.push("old", &["a", "b"]).await;
    let claims = fixture.claim("old", 2).await;
    park(&fixture, &claims[1], LEASE).await;
    fixture.lose(&claims[..1]).await;
    assert_eq!(due(&fixture, &["new"]).await, ["old"]);
    assert_eq!(fixture.reap("old").await.0, ["a"]);
    assert!(due(&fixture, &["new"]).await.is_empty(), "its parked run waits still");
    fixture.push("resume:old", &["b"]).await;
    assert_eq!(due(&fixture, &["new"]).await, ["old"]);
    fixture.store.resume(&list("old")).await.unwrap();
    assert_eq!(fixture.entries("old").await, ["b", "a"]);
}

async fn entries_are_counted_also_around_a_gap(fixture: StoreFixture) {
    fixture.push("DLQ:q", &["a", "b", "c"]).await;
    assert!(fixture.store.drop_dead_letter(&list("q"), &id("b")).await.unwrap());
    fixture.push("out", &["a"]).await;
    let counted = [list("DLQ:q"), list("none"), list("out")];
    let survey = fixture.store.survey(&[], &counted, LEASE).await.unwrap();
    assert_eq!(survey.counts, [2, 0, 1]);
}

async fn work_in_progress_is_counted(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c"]).await;
    let claims = fixture.claim("q", 3).await;
    park(&fixture, &claims[0], LEASE).await;
    let progress = fixture.store.progress(&list("q")).await.unwrap();
    assert_eq!((progress.claims, progress.parked), (2, 1));
}

/// One call, however many lists there are: an idle host with 20 chains makes it every two seconds.
#[tokio::test]
async fn a_key_of_another_type_disturbs_no_survey() {
    let fixture = StoreFixture::redis().await;
    let _: () = fixture.server().raw(&["SET", "out", "text"]).await;
    let survey = fixture.store.survey(&[list("q")], &[list("out")], LEASE).await.unwrap();
    assert_eq!(survey.counts, [0]);
}
