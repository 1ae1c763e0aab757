//! A step that Redis refuses has changed nothing, whatever other programs have put under the keys
//! that they share with the store.
//!
//! Each operation runs on a prepared server once for each key that it touches and for each type of
//! value that this key could hold instead. After an error the server must be as it was before.

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use super::*;
use crate::Survey;

/// Commands that put a value of another type under a key.
const INTRUDERS: [&[&str]; 5] = [
    &["SET", "KEY", "text"],
    &["RPUSH", "KEY", "entry"],
    &["HSET", "KEY", "field", "value"],
    &["ZADD", "KEY", "1", "member"],
    &["SADD", "KEY", "member"],
];

/// What the operations work on, made anew before each.
struct Scene {
    claim: Claim,
    write: Write,
}

type Operation = for<'a> fn(&'a StoreFixture, &'a Scene) -> BoxFuture<'a, Result<(), StoreError>>;

/// Effects on keys that other programs share.
fn effects() -> Effects {
    Effects {
        push: vec![(list("side"), id("a")), (list("other"), id("b"))],
        expire: vec![(id("b"), 50), (id("a"), i64::MAX)],
        needs: None,
        trail: Some("{}".to_owned()),
    }
}

macro_rules! operations {
    ($($name:literal: |$fixture:ident, $scene:ident| $work:expr;)*) => {
        const OPERATIONS: &[(&str, Operation)] = &[$(
            ($name, |$fixture, $scene| {
                let _ = &$scene;
                Box::pin(async move { $work.await.map(drop) })
            }),
        )*];
    };
}

operations! {
    "put": |fixture, _scene| fixture.store.put(NewDocument {
        push_to: vec![list("q"), list("other")],
        index: terms(&[(IndexKind::Tel, "+1"), (IndexKind::Name, "Ann")]),
        created_at_s: Some(1),
        context: Some("{}".to_owned()),
        ..document("b")
    });
    "put a large document": |fixture, _scene| fixture.store.put(NewDocument {
        text: text_of(200_000, "x"),
        push_to: vec![list("q")],
        created_at_s: Some(1),
        ..document("b")
    });
    "restore": |fixture, _scene| async { fixture.store.restore(&id("c"), &"{}".into(), Some(1)).await };
    "write": |fixture, scene| fixture.store.write(scene.write.clone());
    "delete": |fixture, _scene| async { fixture.store.delete(&id("a")).await };
    "expire": |fixture, _scene| async { fixture.store.expire(&id("b"), i64::MAX).await };
    "push": |fixture, _scene| async { fixture.store.push(&list("q"), &ids(&["x", "y"]), Some("{}")).await };
    "pop": |fixture, _scene| async { fixture.store.pop_tail(&list("q"), 2).await };
    "claim": |fixture, _scene| async { fixture.store.claim(&list("q"), &host(), 2, LEASE).await };
    "checkpoint": |fixture, scene| async {
        fixture.store.checkpoint(&scene.claim, &at_link(1), Some(scene.write.clone()), &effects()).await
    };
    "finish": |fixture, scene| async {
        let egress = [list("out"), list("q")];
        fixture.store.finish(&scene.claim, &id("a"), Some(scene.write.clone()), &effects(), &egress).await
    };
    "fail": |fixture, scene| async { fixture.store.fail(&scene.claim, &record("trap"), Some("{}")).await };
    "hand back": |fixture, scene| async { fixture.store.hand_back(&scene.claim).await };
    "park": |fixture, scene| async {
        let write = Some(scene.write.clone());
        fixture.store.park(&scene.claim, &at_link(1), write, &effects(), &list("people"), LEASE).await
    };
    "requeue": |fixture, scene| async { fixture.store.requeue_claim(&list("q"), &scene.claim.id).await };
    "resume": |fixture, _scene| async { fixture.store.resume(&list("r")).await };
    "reap": |fixture, _scene| async { fixture.store.reap(&list("z"), 5, Duration::ZERO).await };
    "dead letter": |fixture, _scene| async {
        fixture.store.dead_letter(&list("DLQ:storage:s"), &id("a"), &record("storage")).await
    };
    "reprocess": |fixture, _scene| async { fixture.store.reprocess(&list("d"), 10).await };
    "retry": |fixture, _scene| async { fixture.store.retry_dead_letter(&list("d"), &id("e"), None).await };
    "drop": |fixture, _scene| async { fixture.store.drop_dead_letter(&list("d"), &id("e")).await };
    "index": |fixture, _scene| async {
        fixture.store.index(&id("a"), Some(1), &terms(&[(IndexKind::Tel, "+1"), (IndexKind::Mailto, "a@b")])).await
    };
    "survey": |fixture, _scene| async {
        let survey: Survey = fixture.store.survey(&[list("q")], &[list("out")], LEASE).await?;
        Ok(survey)
    };
}

/// A claim and a document, a parked run whose id has come back, and a dead letter.
async fn scene(fixture: &StoreFixture) -> Scene {
    let () = fixture.server().raw(&["FLUSHALL"]).await;
    let lists = [list("q"), list("r"), list("d")];
    fixture.store.set_ingress(&lists).await.unwrap();
    for name in ["a", "b", "p", "e"] {
        fixture.put(name).await;
    }
    fixture.push("r", &["p"]).await;
    let parked = fixture.claim_one("r").await;
    let parked = fixture
        .store
        .park(&parked, &at_link(1), None, &no_effects(), &list("people"), LEASE)
        .await
        .unwrap();
    assert_eq!(parked, Guarded::Done(None));
    fixture.push("resume:r", &["p", "stranger"]).await;
    fixture.push("d", &["e"]).await;
    let failed = fixture.claim_one("d").await;
    fixture.store.fail(&failed, &record("trap"), None).await.unwrap();
    fixture.push("z", &["a"]).await;
    let lost = fixture
        .store
        .claim(&list("z"), &host(), 1, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(lost.len(), 1);
    fixture.push("q", &["a", "b", "b"]).await;
    Scene {
        claim: fixture.claim_one("q").await,
        write: fixture.write_to("a", r#"{"n":1}"#).await,
    }
}

/// All keys with their values, but those that only remember steps and times.
async fn contents(fixture: &StoreFixture) -> BTreeMap<String, Vec<u8>> {
    let keys: Vec<String> = fixture.server().raw(&["KEYS", "*"]).await;
    let mut contents = BTreeMap::new();
    for key in keys {
        if !["vconduit:once:", "vconduit:contact", "vconduit:staged:"]
            .iter()
            .any(|own| key.starts_with(own))
        {
            let value: Vec<u8> = fixture.server().raw(&["DUMP", &key]).await;
            contents.insert(key, value);
        }
    }
    contents
}

/// The keys under names that other programs share, which an operation has touched.
async fn shared_keys(fixture: &StoreFixture, operation: Operation) -> Vec<String> {
    let scene = scene(fixture).await;
    let before = contents(fixture).await;
    operation(fixture, &scene).await.unwrap();
    let after = contents(fixture).await;
    let keys = before.keys().chain(after.keys());
    let touched = keys.filter(|key| before.get(*key) != after.get(*key) && !key.starts_with("vconduit:"));
    let mut keys: Vec<String> = touched.cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_step_has_changed_nothing() {
    let fixture = StoreFixture::redis().await;
    let mut refused = 0;
    for (name, operation) in OPERATIONS {
        for key in shared_keys(&fixture, *operation).await {
            for intruder in INTRUDERS {
                let scene = scene(&fixture).await;
                let () = fixture.server().raw(&["DEL", &key]).await;
                let words: Vec<&str> = intruder
                    .iter()
                    .map(|word| if *word == "KEY" { key.as_str() } else { word })
                    .collect();
                let _: redis::Value = fixture.server().raw(&words).await;
                let before = contents(&fixture).await;
                let Err(error) = operation(&fixture, &scene).await else {
                    continue;
                };
                refused += 1;
                let after = contents(&fixture).await;
                let changed: Vec<&String> = before
                    .keys()
                    .chain(after.keys())
                    .filter(|key| before.get(*key) != after.get(*key))
                    .collect();
                assert!(
                    changed.is_empty(),
                    "{name} was refused because of a {} under {key:?} and has changed {changed:?}: {error}",
                    intruder[0]
                );
            }
        }
    }
    assert!(refused > 50, "only {refused} of the steps were refused");
}
