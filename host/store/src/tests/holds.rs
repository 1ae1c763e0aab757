//! A document does not expire while work is left for it. Its lifetime begins with the end of that.

use super::*;

on_both!(
    a_document_that_no_chain_waits_for_has_its_lifetime_at_once,
    a_document_has_no_lifetime_from_the_post_to_the_end_of_its_run,
    the_last_of_two_chains_starts_the_lifetime,
    an_id_that_is_twice_on_a_list_is_held_twice,
    a_claim_protects_what_was_pushed_before_the_list_was_an_ingress_list,
    a_list_that_becomes_an_ingress_list_protects_its_entries,
    a_list_that_is_no_ingress_list_any_more_protects_nothing_new,
    an_entry_on_its_way_back_protects_its_document,
    a_parked_run_protects_its_document,
    a_dead_letter_has_the_lifetime_of_dead_letters,
    a_dead_letter_that_goes_back_is_protected_again,
    a_run_that_switched_protects_both_documents,
    a_push_of_a_link_protects_its_document,
    an_id_that_is_popped_is_not_waited_for,
    a_lifetime_that_a_link_sets_begins_after_the_last_run,
    a_longer_lifetime_stays,
    a_lifetime_of_the_document_before_does_not_count,
    a_document_that_is_put_again_under_a_run_is_protected,
    a_deletion_is_remembered,
    a_deletion_during_a_run_is_remembered,
);

const PROTECTED: Option<i64> = Some(-1);
const USUAL: Option<i64> = Some(3600);
const DEAD: Option<i64> = Some(604_800);

impl StoreFixture {
    async fn lifetime(&self, name: &str) -> Option<i64> {
        self.store.lifetime(&id(name)).await.unwrap()
    }

    async fn set_ingress(&self, names: &[&str]) {
        let lists: Vec<ListName> = names.iter().map(|name| list(name)).collect();
        self.store.set_ingress(&lists).await.unwrap();
    }

    async fn post(&self, name: &str, lists: &[&str]) {
        let put = NewDocument {
            push_to: lists.iter().map(|name| list(name)).collect(),
            ..document(name)
        };
        self.store.put(put).await.unwrap();
    }
}

fn switched_to(current: &str) -> Checkpoint {
    Checkpoint {
        current: Some(id(current)),
        ..at_link(1)
    }
}

async fn a_document_that_no_chain_waits_for_has_its_lifetime_at_once(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &[]).await;
    fixture.post("b", &["people"]).await;
    assert_eq!(
        (fixture.lifetime("a").await, fixture.lifetime("b").await),
        (USUAL, USUAL)
    );
}

async fn a_document_has_no_lifetime_from_the_post_to_the_end_of_its_run(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    // The second is long enough to be staged.
    fixture.post("a", &["q"]).await;
    let big = NewDocument {
        text: text_of(300_000, "big"),
        push_to: vec![list("q")],
        ..document("b")
    };
    fixture.store.put(big).await.unwrap();
    for name in ["a", "b"] {
        assert_eq!(fixture.lifetime(name).await, PROTECTED, "{name} is on the list");
        let claim = fixture.claim_one("q").await;
        assert_eq!(fixture.lifetime(name).await, PROTECTED, "{name} is claimed");
        let write = fixture.write_to(name, "{}").await;
        let written = fixture
            .store
            .checkpoint(&claim, &at_link(1), Some(write), &no_effects())
            .await
            .unwrap();
        assert!(matches!(written, Guarded::Done(Some(_))));
        assert_eq!(fixture.lifetime(name).await, PROTECTED, "{name} was written");
        fixture.finish(&claim, &["out"]).await;
        assert_eq!(fixture.lifetime(name).await, USUAL, "{name} is finished");
    }
}

async fn the_last_of_two_chains_starts_the_lifetime(fixture: StoreFixture) {
    fixture.set_ingress(&["p", "q"]).await;
    fixture.post("a", &["p", "q"]).await;
    let claim = fixture.claim_one("p").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "the second chain has not begun");
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn an_id_that_is_twice_on_a_list_is_held_twice(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    fixture.push("q", &["a"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture.finish(&claims[0], &[]).await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED);
    fixture.finish(&claims[1], &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn a_claim_protects_what_was_pushed_before_the_list_was_an_ingress_list(fixture: StoreFixture) {
    fixture.post("a", &["q"]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED);
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn a_list_that_becomes_an_ingress_list_protects_its_entries(fixture: StoreFixture) {
    let names: Vec<String> = (0..1_100).map(|i| format!("v{i}")).collect();
    for name in &names {
        fixture.post(name, &["q"]).await;
    }
    for _ in 0..2 {
        fixture.set_ingress(&["q", "other"]).await;
        for name in &names {
            assert_eq!(fixture.lifetime(name).await, PROTECTED, "{name}");
        }
    }
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("v0").await, USUAL, "it is held once");
}

async fn a_list_that_is_no_ingress_list_any_more_protects_nothing_new(fixture: StoreFixture) {
    fixture.set_ingress(&["p", "q"]).await;
    fixture.set_ingress(&["p"]).await;
    fixture.post("a", &["q"]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn an_entry_on_its_way_back_protects_its_document(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.store.hand_back(&claim).await.unwrap(), Guarded::Done(None));
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "handed back");
    let claim = fixture.claim_one("q").await;
    assert!(fixture.store.requeue_claim(&list("q"), &claim.id).await.unwrap());
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "taken from its worker");
    let claim = fixture.claim_one("q").await;
    fixture.lose(&[claim]).await;
    fixture.reap("q").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "recovered");
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn a_parked_run_protects_its_document(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    let park = |claim: Claim, at_most| {
        let store = fixture.store.clone();
        async move {
            store
                .park(&claim, &at_link(1), None, &no_effects(), &list("people"), at_most)
                .await
                .unwrap()
        }
    };
    park(fixture.claim_one("q").await, LEASE).await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "parked");
    fixture.push("resume:q", &["a"]).await;
    fixture.store.resume(&list("q")).await.unwrap();
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "resumed");
    park(fixture.claim_one("q").await, Duration::from_millis(20)).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    fixture.store.resume(&list("q")).await.unwrap();
    assert_eq!(fixture.lifetime("a").await, DEAD, "parked for too long");
}

async fn a_dead_letter_has_the_lifetime_of_dead_letters(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(fixture.lifetime("a").await, DEAD, "failed");

    fixture.post("b", &["q"]).await;
    for _ in 0..5 {
        let claim = fixture.claim_one("q").await;
        fixture.lose(&[claim]).await;
        fixture.reap("q").await;
    }
    assert_eq!(fixture.lifetime("b").await, DEAD, "lost five leases");

    fixture.post("c", &["q"]).await;
    let claim = fixture.claim_one("q").await;
    let letters = list("DLQ:storage:s3");
    fixture
        .store
        .dead_letter(&letters, &id("c"), &record("storage"))
        .await
        .unwrap();
    assert_eq!(
        fixture.lifetime("c").await,
        PROTECTED,
        "not saved, but still in its run"
    );
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("c").await, DEAD, "not saved");

    let lifetimes = Lifetimes {
        dead_letter_s: 0,
        ..LIFETIMES
    };
    let other = fixture.again_with(lifetimes).await;
    other.set_ingress(&["q"]).await;
    other.post("a", &["q"]).await;
    let claim = other.claim_one("q").await;
    other.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(other.lifetime("a").await, USUAL, "0 changes nothing");
}

async fn a_dead_letter_that_goes_back_is_protected_again(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    let fail = async || {
        let claim = fixture.claim_one("q").await;
        fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
        assert_eq!(fixture.lifetime("a").await, DEAD);
    };
    fail().await;
    fixture.store.reprocess(&list("q"), 10).await.unwrap();
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "reprocessed");
    fail().await;
    fixture
        .store
        .retry_dead_letter(&list("q"), &id("a"), None)
        .await
        .unwrap();
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "retried");
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, DEAD, "a longer lifetime stays");
}

async fn a_run_that_switched_protects_both_documents(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    fixture.put("b").await;
    fixture.put("c").await;
    let checkpoint = async |claim: &Claim, to: &str| {
        let done = fixture
            .store
            .checkpoint(claim, &switched_to(to), None, &no_effects())
            .await
            .unwrap();
        assert_eq!(done, Guarded::Done(None));
    };
    let claim = fixture.claim_one("q").await;
    checkpoint(&claim, "b").await;
    assert_eq!(fixture.lifetime("b").await, PROTECTED, "switched");
    fixture.store.hand_back(&claim).await.unwrap();
    assert_eq!(fixture.lifetime("b").await, PROTECTED, "handed back");
    let claim = fixture.claim_one("q").await;
    assert_eq!(claim.checkpoint.current, Some(id("b")));
    checkpoint(&claim, "c").await;
    assert_eq!(fixture.lifetime("b").await, USUAL, "the run has left it");
    assert_eq!(fixture.lifetime("c").await, PROTECTED, "the run has come to it");
    let park = fixture
        .store
        .park(&claim, &switched_to("c"), None, &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(park, Guarded::Done(None));
    assert_eq!(fixture.lifetime("c").await, PROTECTED, "parked");
    fixture.push("resume:q", &["c"]).await;
    fixture.store.resume(&list("q")).await.unwrap();
    let claim = fixture.claim_one("q").await;
    let done = fixture
        .store
        .finish(&claim, &id("c"), None, &no_effects(), &[])
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(None));
    assert_eq!(
        (fixture.lifetime("a").await, fixture.lifetime("c").await),
        (USUAL, USUAL)
    );
}

async fn a_push_of_a_link_protects_its_document(fixture: StoreFixture) {
    fixture.set_ingress(&["p", "q"]).await;
    fixture.post("a", &["q"]).await;
    fixture.put("b").await;
    let claim = fixture.claim_one("q").await;
    let effects = Effects {
        push: vec![(list("p"), id("b"))],
        ..no_effects()
    };
    let done = fixture
        .store
        .finish(&claim, &id("a"), None, &effects, &[list("p")])
        .await
        .unwrap();
    assert_eq!(done, Guarded::Done(None));
    assert_eq!(fixture.entries("p").await, ["a", "b"]);
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "its egress is an ingress list");
    assert_eq!(fixture.lifetime("b").await, PROTECTED, "a link has pushed it");
    for claim in fixture.claim("p", 2).await {
        fixture.finish(&claim, &[]).await;
    }
    assert_eq!(
        (fixture.lifetime("a").await, fixture.lifetime("b").await),
        (USUAL, USUAL)
    );
}

async fn an_id_that_is_popped_is_not_waited_for(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    fixture.post("b", &["q"]).await;
    assert_eq!(fixture.store.pop_tail(&list("q"), 1).await.unwrap(), ["b"]);
    assert_eq!(
        (fixture.lifetime("a").await, fixture.lifetime("b").await),
        (PROTECTED, USUAL)
    );
}

async fn a_lifetime_that_a_link_sets_begins_after_the_last_run(fixture: StoreFixture) {
    fixture.set_ingress(&["p", "q"]).await;
    fixture.post("a", &["p", "q"]).await;
    let effects = Effects {
        expire: vec![(id("a"), 100)],
        ..no_effects()
    };
    fixture.store.expire(&id("a"), 0).await.unwrap();
    assert!(
        fixture.text("a").await.is_some(),
        "it has ended, but runs wait for the document"
    );
    for (name, after) in [("p", PROTECTED), ("q", Some(100))] {
        let claim = fixture.claim_one(name).await;
        let effects = if name == "p" { &effects } else { &no_effects() };
        let done = fixture
            .store
            .finish(&claim, &id("a"), None, effects, &[])
            .await
            .unwrap();
        assert_eq!(done, Guarded::Done(None));
        assert_eq!(fixture.lifetime("a").await, after, "after the run of {name}");
    }
}

async fn a_longer_lifetime_stays(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.put("a").await;
    fixture.store.expire(&id("a"), 10_000).await.unwrap();
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED);
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, Some(10_000));
}

async fn a_lifetime_of_the_document_before_does_not_count(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.put("a").await;
    fixture.store.expire(&id("a"), 1).await.unwrap();
    fixture.post("a", &["q"]).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "it waits");
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL, "it was posted anew");
}

async fn a_document_that_is_put_again_under_a_run_is_protected(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.put("a").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "its run has not ended");
    fixture.store.delete(&id("a")).await.unwrap();
    fixture.put("a").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED, "deleted and put again");
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

async fn a_deletion_is_remembered(fixture: StoreFixture) {
    let store = &fixture.store;
    let was_deleted = async |name: &str| store.was_deleted(&id(name)).await.unwrap();
    assert!(!was_deleted("a").await, "it never was");
    fixture.put("a").await;
    store.delete(&id("a")).await.unwrap();
    assert!(was_deleted("a").await);
    let text = Text::from(r#"{"old":1}"#);
    assert!(
        !store.restore(&id("a"), &text, None).await.unwrap(),
        "a late read of a storage"
    );
    assert_eq!(fixture.text("a").await, None, "it stays deleted");
    fixture.put("a").await;
    assert!(!was_deleted("a").await, "it was put again");
    store.expire(&id("a"), 0).await.unwrap();
    assert_eq!(fixture.text("a").await, None, "its lifetime has ended");
    assert!(!was_deleted("a").await, "a lifetime that has ended is no deletion");
}

async fn a_deletion_during_a_run_is_remembered(fixture: StoreFixture) {
    fixture.set_ingress(&["q"]).await;
    fixture.post("a", &["q"]).await;
    fixture.store.delete(&id("a")).await.unwrap();
    let claim = fixture.claim_one("q").await;
    assert!(fixture.store.was_deleted(&id("a")).await.unwrap(), "while it waited");
    fixture.finish(&claim, &[]).await;
    assert!(fixture.store.was_deleted(&id("a")).await.unwrap(), "after its run");
}

/// What counts in the end: with a lifetime of a second, everything is there after two.
#[tokio::test(flavor = "multi_thread")]
async fn documents_outlive_their_lifetime_while_work_is_left() {
    let lifetimes = Lifetimes {
        document_s: 1,
        ..LIFETIMES
    };
    for fixture in [
        StoreFixture::redis_with(lifetimes, &["--appendonly", "no"]).await,
        StoreFixture::sqlite_with(lifetimes),
    ] {
        fixture.set_ingress(&["q"]).await;
        for name in ["parked", "claimed", "queued"] {
            fixture.post(name, &["q"]).await;
        }
        fixture.post("no work", &[]).await;
        let claim = fixture.claim_one("q").await;
        let parked = fixture
            .store
            .park(&claim, &at_link(1), None, &no_effects(), &list("people"), LEASE)
            .await
            .unwrap();
        assert_eq!(parked, Guarded::Done(None));
        let claim = fixture.claim_one("q").await;
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(fixture.text("no work").await, None);
        for name in ["parked", "claimed", "queued"] {
            assert!(fixture.text(name).await.is_some(), "{name}");
        }
        fixture.finish(&claim, &[]).await;
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(fixture.text("claimed").await, None, "its run has ended");
        assert!(fixture.text("parked").await.is_some());
    }
}

/// Other programs take entries without a word to the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_another_program_empties_protects_nothing_any_more() {
    let fixture = StoreFixture::redis().await;
    fixture.set_ingress(&["q"]).await;
    for i in 0..700 {
        fixture.post(&format!("v{i}"), &["q"]).await;
    }
    fixture.server().raw::<()>(&["DEL", "q"]).await;
    for _ in 0..20 {
        fixture.reap("q").await;
    }
    for i in 0..700 {
        assert_eq!(fixture.lifetime(&format!("v{i}")).await, USUAL, "v{i}");
    }
    assert_eq!(
        fixture.server().raw::<i64>(&["EXISTS", "vconduit:waiting:{q}"]).await,
        0
    );
}

/// The Conserver and other programs write documents without a lifetime.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_another_program_stored_for_ever_stays_for_ever() {
    let fixture = StoreFixture::redis().await;
    fixture.set_ingress(&["q"]).await;
    fixture.server().raw::<()>(&["SET", "vcon:a", "{}"]).await;
    fixture.server().raw::<()>(&["RPUSH", "q", "a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(fixture.lifetime("a").await, Some(-1), "a dead letter");
    fixture.store.reprocess(&list("q"), 1).await.unwrap();
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, Some(-1), "a finished run");
}

/// Another program stores a document again that was deleted through the API.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_document_that_another_program_stores_again_expires_after_its_run() {
    let fixture = StoreFixture::redis().await;
    fixture.put("a").await;
    fixture.store.delete(&id("a")).await.unwrap();
    fixture.server().raw::<()>(&["SET", "vcon:a", "{}", "EX", "100"]).await;
    fixture.server().raw::<()>(&["RPUSH", "q", "a"]).await;
    let claim = fixture.claim_one("q").await;
    assert_eq!(fixture.lifetime("a").await, PROTECTED);
    fixture.finish(&claim, &[]).await;
    assert_eq!(fixture.lifetime("a").await, USUAL);
}

/// Nothing may stay in Redis of a vCon whose work is done.
#[tokio::test(flavor = "multi_thread")]
async fn holds_leave_no_keys_behind() {
    let fixture = StoreFixture::redis().await;
    fixture.set_ingress(&["q"]).await;
    for (i, end) in ["finish", "fail", "back", "switch"].into_iter().enumerate() {
        let name = format!("v{i}");
        fixture.post(&name, &["q"]).await;
        let claim = fixture.claim_one("q").await;
        match end {
            "fail" => drop(fixture.store.fail(&claim, &record("trap"), None).await.unwrap()),
            "back" => {
                fixture.store.hand_back(&claim).await.unwrap();
                let claim = fixture.claim_one("q").await;
                fixture.finish(&claim, &[]).await;
            }
            "switch" => {
                let to = switched_to("v0");
                fixture
                    .store
                    .checkpoint(&claim, &to, None, &no_effects())
                    .await
                    .unwrap();
                fixture.lose(std::slice::from_ref(&claim)).await;
                fixture.reap("q").await;
                let claim = fixture.claim_one("q").await;
                fixture.finish(&claim, &[]).await;
            }
            _ => drop(fixture.finish(&claim, &[]).await),
        }
    }
    for keys in ["vconduit:holds:*", "vconduit:waiting:*"] {
        let left: Vec<String> = fixture.server().raw(&["KEYS", keys]).await;
        assert!(left.is_empty(), "{left:?}");
    }
}
