//! Claims: each entry is taken once, stays with its worker, and keeps its checkpoint.

use std::collections::HashSet;

use super::*;
use vconduit_base::names::ClaimId;

on_both!(
    the_oldest_entry_is_claimed_first,
    no_entry_is_claimed_twice,
    the_same_id_twice_is_two_entries,
    a_renewal_returns_the_claims_that_are_lost,
    a_trace_context_belongs_to_its_entry,
    a_checkpoint_is_kept_with_its_entry,
    a_checkpoint_without_a_claim_changes_nothing,
    a_checkpoint_with_a_conflict_changes_nothing,
    claims_are_listed_with_their_hosts,
);

async fn the_oldest_entry_is_claimed_first(fixture: StoreFixture) {
    fixture.push("q", &["a", "b", "c"]).await;
    let claims = fixture.claim("q", 2).await;
    assert_eq!(vcons(&claims), ["a", "b"]);
    assert!(
        claims.iter().all(|claim| claim.lost_leases == 0
            && claim.checkpoint == Checkpoint::default()
            && claim.list == list("q"))
    );
    assert_eq!(fixture.entries("q").await, ["c"]);
    assert_eq!(vcons(&fixture.claim("q", 9).await), ["c"]);
    assert!(fixture.claim("q", 9).await.is_empty());
    assert!(fixture.claim("q", 0).await.is_empty());
}

async fn no_entry_is_claimed_twice(fixture: StoreFixture) {
    let names: Vec<VconId> = (0..3000).map(|i| id(&format!("v{i}"))).collect();
    fixture.store.push(&list("q"), &names, None).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|worker| {
            let store = fixture.store.clone();
            tokio::spawn(async move {
                let host = HostId::new(format!("host-{worker}")).unwrap();
                let mut mine = Vec::new();
                loop {
                    let claims = store.claim(&list("q"), &host, 1 + worker, LEASE).await.unwrap();
                    if claims.is_empty() {
                        return mine;
                    }
                    for claim in claims {
                        let done = store
                            .finish(&claim, &claim.vcon, None, &no_effects(), &[list("out")])
                            .await
                            .unwrap();
                        assert_eq!(done, Guarded::Done(None));
                        mine.push(claim.vcon);
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    assert_eq!(all.len(), 3000);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 3000);
    let out = fixture.entries("out").await;
    assert_eq!(out.len(), 3000);
    assert_eq!(out.iter().collect::<HashSet<_>>().len(), 3000);
}

async fn the_same_id_twice_is_two_entries(fixture: StoreFixture) {
    fixture.push("q", &["a", "a"]).await;
    let claims = fixture.claim("q", 5).await;
    assert_eq!(vcons(&claims), ["a", "a"]);
    assert_eq!(fixture.finish(&claims[0], &["out"]).await, Guarded::Done(None));
    assert_eq!(
        fixture.store.fail(&claims[1], &record("trap"), None).await.unwrap(),
        Guarded::Done(None)
    );
    assert_eq!(fixture.entries("out").await, ["a"]);
    assert_eq!(fixture.entries("DLQ:q").await, ["a"]);
}

async fn a_renewal_returns_the_claims_that_are_lost(fixture: StoreFixture) {
    fixture.push("q", &["a", "b"]).await;
    let claims = fixture.claim("q", 2).await;
    fixture.finish(&claims[0], &[]).await;
    let names = [claims[0].id.clone(), ClaimId::random(), claims[1].id.clone()];
    let lost = fixture.store.renew(&list("q"), &names, LEASE).await.unwrap();
    assert_eq!(lost, names[..2]);
    assert!(fixture.store.renew(&list("q"), &[], LEASE).await.unwrap().is_empty());
    assert_eq!(
        fixture.reap("q").await,
        (vec![], vec![]),
        "a renewed lease does not run out"
    );
}

async fn a_trace_context_belongs_to_its_entry(fixture: StoreFixture) {
    fixture
        .store
        .push(&list("q"), &[id("a")], Some(r#"{"n":1}"#))
        .await
        .unwrap();
    fixture
        .store
        .push(&list("q"), &[id("a")], Some(r#"{"n":2}"#))
        .await
        .unwrap();
    fixture
        .store
        .push(&list("r"), &[id("a")], Some(r#"{"n":3}"#))
        .await
        .unwrap();
    fixture.push("q", &["b"]).await;
    let claims = fixture.claim("q", 3).await;
    let contexts: Vec<_> = claims.iter().map(|claim| claim.context.as_deref()).collect();
    assert_eq!(contexts, [Some(r#"{"n":1}"#), Some(r#"{"n":2}"#), None]);
    // The context goes with the vCon to the next list, and with the entry back to its own.
    fixture.finish(&claims[0], &["next"]).await;
    assert_eq!(fixture.claim_one("next").await.context.as_deref(), Some(r#"{"n":1}"#));
    fixture.store.hand_back(&claims[1]).await.unwrap();
    assert_eq!(fixture.claim_one("q").await.context.as_deref(), Some(r#"{"n":2}"#));
}

async fn a_checkpoint_is_kept_with_its_entry(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("other").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let point = Checkpoint {
        current: Some(id("other")),
        ..at_link(2)
    };
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: vec![(id("other"), 77), (id("none"), 5)],
        needs: None,
        trail: None,
    };
    let Guarded::Done(Some(revision)) = fixture
        .store
        .checkpoint(&claim, &point, Some(write), &effects)
        .await
        .unwrap()
    else {
        panic!("not done")
    };
    assert_eq!(revision, fixture.revision("a").await);
    assert_eq!(fixture.entries("side").await, ["a"]);
    assert_eq!(
        fixture.store.lifetime(&id("other")).await.unwrap(),
        Some(-1),
        "the run is about it"
    );
    fixture.lose(std::slice::from_ref(&claim)).await;
    assert_eq!(fixture.reap("q").await, (vec!["a".to_owned()], vec![]));
    let again = fixture.claim_one("q").await;
    assert_eq!((&again.checkpoint, again.lost_leases), (&point, 1));
    fixture.finish(&again, &[]).await;
    assert_eq!(fixture.store.lifetime(&id("other")).await.unwrap(), Some(77));
}

async fn a_checkpoint_without_a_claim_changes_nothing(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: vec![(id("a"), 0)],
        needs: None,
        trail: None,
    };
    let lost = fixture
        .store
        .checkpoint(&claim, &at_link(1), Some(write), &effects)
        .await
        .unwrap();
    assert_eq!(lost, Guarded::LostClaim);
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"uuid":"a"}"#);
    assert!(fixture.entries("side").await.is_empty());
}

async fn a_checkpoint_with_a_conflict_changes_nothing(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let stale = fixture.write_to("a", r#"{"n":1}"#).await;
    let other = fixture.write_to("a", r#"{"n":2}"#).await;
    fixture.store.write(other).await.unwrap();
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: Vec::new(),
        needs: None,
        trail: None,
    };
    let answer = fixture
        .store
        .checkpoint(&claim, &at_link(1), Some(stale.clone()), &effects)
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    fixture.store.delete(&id("a")).await.unwrap();
    let answer = fixture
        .store
        .checkpoint(&claim, &at_link(1), Some(stale), &effects)
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Gone);
    assert!(fixture.entries("side").await.is_empty());
    assert_eq!(
        fixture.store.claims(&list("q")).await.unwrap()[0].1.checkpoint,
        Checkpoint::default()
    );
}

async fn claims_are_listed_with_their_hosts(fixture: StoreFixture) {
    fixture
        .store
        .push(&list("q"), &ids(&["c", "b"]), Some(r#"{"t":"1"}"#))
        .await
        .unwrap();
    fixture.push("q", &["a"]).await;
    let one = fixture.store.claim(&list("q"), &host(), 1, LEASE).await.unwrap();
    let other = HostId::new(r#"host "2""#).unwrap();
    let two = fixture.store.claim(&list("q"), &other, 2, LEASE).await.unwrap();
    fixture
        .store
        .checkpoint(&two[0], &at_link(3), None, &no_effects())
        .await
        .unwrap();
    let claims = fixture.store.claims(&list("q")).await.unwrap();
    let seen: Vec<_> = claims
        .iter()
        .map(|(host, claim)| (host.clone(), claim.vcon.as_str(), claim.checkpoint.next_link))
        .collect();
    assert_eq!(seen, [(host(), "c", 0), (other.clone(), "b", 3), (other, "a", 0)]);
    assert_eq!(claims[0].1.id, one[0].id);
    assert_eq!(claims[1].1.context.as_deref(), Some(r#"{"t":"1"}"#));
    assert!(fixture.store.claims(&list("none")).await.unwrap().is_empty());
}
