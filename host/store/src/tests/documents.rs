//! Documents: a stored document is found, a concurrent change is not overwritten, an expired
//! document is not found.

use super::*;
use vcon_document::Text;

on_both!(
    documents_that_exist_are_distinguished_from_those_that_do_not,
    a_document_is_read_as_it_was_put,
    a_put_overwrites_a_document_with_the_same_id,
    a_restore_never_overwrites,
    a_write_needs_the_state_that_was_read,
    large_documents_keep_every_change,
    a_deleted_document_is_not_found,
    lifetimes_are_set_and_read,
    a_lifetime_of_zero_or_less_has_no_end,
    an_expired_document_is_not_found,
    a_put_stores_indexes_and_queues_in_one_step,
    a_text_is_kept_byte_for_byte,
);

async fn a_document_is_read_as_it_was_put(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("b").await;
    let found = fixture.store.get(&ids(&["b", "none", "a", "b"])).await.unwrap();
    let found: Vec<Option<String>> = found
        .into_iter()
        .map(|found| found.map(|stored| stored.text.to_string()))
        .collect();
    let text = |name: &str| Some(format!(r#"{{"uuid":"{name}"}}"#));
    assert_eq!(found, [text("b"), None, text("a"), text("b")]);
    assert!(fixture.store.get(&[]).await.unwrap().is_empty());
}

async fn a_put_overwrites_a_document_with_the_same_id(fixture: StoreFixture) {
    fixture.put("a").await;
    let before = fixture.revision("a").await;
    fixture.store.expire(&id("a"), 10).await.unwrap();
    fixture
        .store
        .put(NewDocument {
            text: r#"{"n":2}"#.into(),
            ..document("a")
        })
        .await
        .unwrap();
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"n":2}"#);
    assert_ne!(fixture.revision("a").await, before);
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(3600));
}

async fn a_restore_never_overwrites(fixture: StoreFixture) {
    let store = &fixture.store;
    // The second text is long enough to be staged.
    for (name, length) in [("a", 10), ("b", 300_000)] {
        let (old, new) = (text_of(length, "old"), text_of(length, "new"));
        assert!(
            store.restore(&id(name), &old, Some(5)).await.unwrap(),
            "{name}: there was none"
        );
        assert_eq!(fixture.text(name).await.as_deref(), Some(&*old));
        assert_eq!(store.lifetime(&id(name)).await.unwrap(), Some(3600));
        let put = NewDocument {
            text: new.clone(),
            ..document(name)
        };
        store.put(put).await.unwrap();
        let revision = fixture.revision(name).await;
        store.expire(&id(name), 100).await.unwrap();
        assert!(
            !store.restore(&id(name), &old, Some(5)).await.unwrap(),
            "{name}: there was one"
        );
        assert_eq!(fixture.text(name).await.as_deref(), Some(&*new));
        assert_eq!(fixture.revision(name).await, revision);
        assert_eq!(store.lifetime(&id(name)).await.unwrap(), Some(100));
        store.delete(&id(name)).await.unwrap();
        assert!(
            !store.restore(&id(name), &old, None).await.unwrap(),
            "{name}: it was deleted"
        );
    }
}

async fn a_write_needs_the_state_that_was_read(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.store.expire(&id("a"), 100).await.unwrap();
    let stale = fixture.write_to("a", r#"{"n":1}"#).await;
    let write = fixture.write_to("a", r#"{"n":2}"#).await;
    let Guarded::Done(Some(revision)) = fixture.store.write(write).await.unwrap() else {
        panic!("not done")
    };
    assert_eq!(revision, fixture.revision("a").await);
    assert_eq!(
        fixture.store.lifetime(&id("a")).await.unwrap(),
        Some(100),
        "a write keeps the lifetime"
    );
    assert_eq!(fixture.store.write(stale.clone()).await.unwrap(), Guarded::Conflict);
    assert_eq!(fixture.text("a").await.unwrap(), r#"{"n":2}"#);
    fixture.store.delete(&id("a")).await.unwrap();
    assert_eq!(fixture.store.write(stale).await.unwrap(), Guarded::Gone);
    assert_eq!(fixture.text("a").await, None);
}

/// Above 64 KiB Redis compares samples and a token. A change between the samples must still be a
/// conflict.
async fn large_documents_keep_every_change(fixture: StoreFixture) {
    for length in [65_500, 65_536, 65_537, 70_000, 300_000, 3_000_000] {
        let first = text_of(length, "first");
        fixture
            .store
            .put(NewDocument {
                text: first.clone(),
                ..document("big")
            })
            .await
            .unwrap();
        assert_eq!(fixture.text("big").await.unwrap(), &*first);
        let stale = fixture.write_to("big", "{}").await;
        // One character in the middle, which no sample covers.
        let mut changed = first.to_string();
        let middle = changed.len() / 2 + 3000.min(changed.len() / 3);
        changed.replace_range(middle..=middle, "y");
        let write = fixture.write_to("big", &changed).await;
        let Guarded::Done(Some(revision)) = fixture.store.write(write).await.unwrap() else {
            panic!("not done at {length}")
        };
        assert_eq!(revision, fixture.revision("big").await);
        assert_eq!(
            fixture.store.write(stale).await.unwrap(),
            Guarded::Conflict,
            "at {length}"
        );
        // From large to small and back.
        let small = fixture.write_to("big", "{}").await;
        assert!(matches!(
            fixture.store.write(small).await.unwrap(),
            Guarded::Done(Some(_))
        ));
        let large = fixture.write_to("big", &first).await;
        assert!(matches!(
            fixture.store.write(large).await.unwrap(),
            Guarded::Done(Some(_))
        ));
    }
}

async fn a_deleted_document_is_not_found(fixture: StoreFixture) {
    fixture
        .store
        .put(NewDocument {
            created_at_s: Some(5),
            ..document("a")
        })
        .await
        .unwrap();
    assert!(fixture.store.delete(&id("a")).await.unwrap());
    assert!(!fixture.store.delete(&id("a")).await.unwrap());
    assert_eq!(fixture.text("a").await, None);
    assert!(fixture.store.list(None, None, 0, -1).await.unwrap().is_empty());
}

async fn lifetimes_are_set_and_read(fixture: StoreFixture) {
    fixture.put("a").await;
    let store = &fixture.store;
    assert_eq!(store.lifetime(&id("a")).await.unwrap(), Some(3600));
    assert_eq!(store.lifetime(&id("none")).await.unwrap(), None);
    assert!(store.expire(&id("a"), 50).await.unwrap());
    assert_eq!(store.lifetime(&id("a")).await.unwrap(), Some(50));
    assert!(!store.expire(&id("none"), 50).await.unwrap());
    assert!(!store.expire(&id("none"), 0).await.unwrap());
    assert!(store.expire(&id("a"), 0).await.unwrap());
    assert_eq!(fixture.text("a").await, None);
}

async fn a_lifetime_of_zero_or_less_has_no_end(fixture: StoreFixture) {
    let fixture = fixture
        .again_with(Lifetimes {
            document_s: 0,
            index_s: -1,
            context_s: 0,
            dead_letter_s: -1,
            trail_s: 3600,
        })
        .await;
    let index = terms(&[(IndexKind::Tel, "+1")]);
    let new = NewDocument {
        index: index.clone(),
        push_to: vec![list("in")],
        context: Some("{}".into()),
        ..document("a")
    };
    fixture.store.put(new).await.unwrap();
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(-1));
    assert_eq!(fixture.store.search(&index).await.unwrap(), [["a"]]);
    fixture.store.expire(&id("a"), 20).await.unwrap();
    let claim = fixture.claim_one("in").await;
    assert_eq!(claim.context.as_deref(), Some("{}"));
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(
        fixture.store.lifetime(&id("a")).await.unwrap(),
        Some(-1),
        "a dead letter has no limit"
    );
}

async fn an_expired_document_is_not_found(fixture: StoreFixture) {
    let fixture = fixture
        .again_with(Lifetimes {
            document_s: 1,
            index_s: 1,
            ..LIFETIMES
        })
        .await;
    let index = terms(&[(IndexKind::Name, "Ann")]);
    fixture
        .store
        .put(NewDocument {
            index: index.clone(),
            ..document("a")
        })
        .await
        .unwrap();
    let write = fixture.write_to("a", "{}").await;
    let is_expired = async || {
        let found = fixture.store.search(&index).await.unwrap();
        fixture.text("a").await.is_none() && found == [Vec::<String>::new()]
    };
    while !is_expired().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), None);
    assert!(!fixture.store.expire(&id("a"), 5).await.unwrap());
    assert_eq!(fixture.store.write(write).await.unwrap(), Guarded::Gone);
    assert!(!fixture.store.delete(&id("a")).await.unwrap());
    assert_eq!(fixture.store.search(&index).await.unwrap(), [Vec::<String>::new()]);
    // An expired id does not come back with the next document of its term.
    fixture
        .store
        .put(NewDocument {
            index: index.clone(),
            ..document("b")
        })
        .await
        .unwrap();
    assert_eq!(fixture.store.search(&index).await.unwrap(), [["b"]]);
    assert_eq!(fixture.store.scan(None).await.unwrap().0, ids(&["b"]));
}

async fn a_put_stores_indexes_and_queues_in_one_step(fixture: StoreFixture) {
    let new = NewDocument {
        created_at_s: Some(7),
        index: terms(&[(IndexKind::Tel, "+1")]),
        push_to: vec![list("one"), list("two"), list("one")],
        context: Some(r#"{"trace_id":"00"}"#.into()),
        ..document("a")
    };
    fixture.store.put(new).await.unwrap();
    assert_eq!(fixture.entries("one").await, ["a", "a"]);
    assert_eq!(fixture.entries("two").await, ["a"]);
    assert_eq!(
        fixture.claim_one("two").await.context.as_deref(),
        Some(r#"{"trace_id":"00"}"#)
    );
}

/// Spaces, the order of members, escapes and numbers of any length stay.
async fn a_text_is_kept_byte_for_byte(fixture: StoreFixture) {
    if fixture.has_json() {
        return;
    }
    let text: Text =
        "{ \"b\":1.0,\"a\" : 12345678901234567890123, \"u\":\"\\u00e9 é \u{1F600}\",\"z\":\"\\u0000\" }".into();
    fixture
        .store
        .put(NewDocument {
            text: text.clone(),
            ..document("a")
        })
        .await
        .unwrap();
    assert_eq!(fixture.text("a").await.unwrap(), &*text);
}

async fn documents_that_exist_are_distinguished_from_those_that_do_not(fixture: StoreFixture) {
    fixture.put("a").await;
    fixture.put("c").await;
    fixture.store.expire(&id("c"), 0).await.unwrap();
    let found = fixture.store.exist(&ids(&["a", "b", "c", "a"])).await.unwrap();
    assert_eq!(found, [true, false, false, true]);
    assert!(fixture.store.exist(&[]).await.unwrap().is_empty());
}
