//! Documents: what is put is there, what was changed meanwhile is not overwritten, what expires is gone.

use super::*;
use vcon_document::Text;

on_both!(
    a_document_is_read_as_it_was_put,
    a_put_overwrites_a_document_with_the_same_id,
    a_restore_never_overwrites,
    a_write_needs_the_state_that_was_read,
    large_documents_are_kept,
    a_deleted_document_is_gone,
    lifetimes_are_set_and_read,
    a_lifetime_of_zero_or_less_means_for_ever,
    an_expired_document_is_gone,
    documents_are_listed_newest_first,
    a_document_stays_listed_after_it_expires,
    a_search_returns_the_ids_of_each_term,
    a_scan_returns_every_document_in_pages,
    a_put_stores_indexes_and_queues_in_one_step,
    a_text_is_kept_byte_for_byte,
);

async fn a_document_is_read_as_it_was_put(place: Place) {
    place.put("a").await;
    place.put("b").await;
    let found = place.store.get(&ids(&["b", "none", "a", "b"])).await.unwrap();
    let found: Vec<Option<String>> = found
        .into_iter()
        .map(|found| found.map(|stored| stored.text.to_string()))
        .collect();
    let text = |name: &str| Some(format!(r#"{{"uuid":"{name}"}}"#));
    assert_eq!(found, [text("b"), None, text("a"), text("b")]);
    assert!(place.store.get(&[]).await.unwrap().is_empty());
}

async fn a_put_overwrites_a_document_with_the_same_id(place: Place) {
    place.put("a").await;
    let before = place.revision("a").await;
    place.store.expire(&id("a"), 10).await.unwrap();
    place
        .store
        .put(NewDocument {
            text: r#"{"n":2}"#.into(),
            ..document("a")
        })
        .await
        .unwrap();
    assert_eq!(place.text("a").await.unwrap(), r#"{"n":2}"#);
    assert_ne!(place.revision("a").await, before);
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(3600));
}

async fn a_restore_never_overwrites(place: Place) {
    let store = &place.store;
    // The second is long enough to go the way of large texts.
    for (name, length) in [("a", 10), ("b", 300_000)] {
        let (old, new) = (text_of(length, "old"), text_of(length, "new"));
        assert!(
            store.restore(&id(name), &old, Some(5)).await.unwrap(),
            "{name}: there was none"
        );
        assert_eq!(place.text(name).await.as_deref(), Some(&*old));
        assert_eq!(store.lifetime(&id(name)).await.unwrap(), Some(3600));
        let put = NewDocument {
            text: new.clone(),
            ..document(name)
        };
        store.put(put).await.unwrap();
        let revision = place.revision(name).await;
        store.expire(&id(name), 100).await.unwrap();
        assert!(
            !store.restore(&id(name), &old, Some(5)).await.unwrap(),
            "{name}: there was one"
        );
        assert_eq!(place.text(name).await.as_deref(), Some(&*new));
        assert_eq!(place.revision(name).await, revision);
        assert_eq!(store.lifetime(&id(name)).await.unwrap(), Some(100));
        store.delete(&id(name)).await.unwrap();
        assert!(
            store.restore(&id(name), &old, None).await.unwrap(),
            "{name}: it was deleted"
        );
    }
}

async fn a_write_needs_the_state_that_was_read(place: Place) {
    place.put("a").await;
    place.store.expire(&id("a"), 100).await.unwrap();
    let stale = place.write_to("a", r#"{"n":1}"#).await;
    let write = place.write_to("a", r#"{"n":2}"#).await;
    let Guarded::Done(Some(revision)) = place.store.write(write).await.unwrap() else {
        panic!("not done")
    };
    assert_eq!(revision, place.revision("a").await);
    assert_eq!(
        place.store.lifetime(&id("a")).await.unwrap(),
        Some(100),
        "a write keeps the lifetime"
    );
    assert_eq!(place.store.write(stale.clone()).await.unwrap(), Guarded::Conflict);
    assert_eq!(place.text("a").await.unwrap(), r#"{"n":2}"#);
    place.store.delete(&id("a")).await.unwrap();
    assert_eq!(place.store.write(stale).await.unwrap(), Guarded::Gone);
    assert_eq!(place.text("a").await, None);
}

/// Above 64 KiB Redis compares samples and a token; a change between the samples must be seen all the same.
async fn large_documents_are_kept(place: Place) {
    for length in [65_500, 65_536, 65_537, 70_000, 300_000, 3_000_000] {
        let first = text_of(length, "first");
        place
            .store
            .put(NewDocument {
                text: first.clone(),
                ..document("big")
            })
            .await
            .unwrap();
        assert_eq!(place.text("big").await.unwrap(), &*first);
        let stale = place.write_to("big", "{}").await;
        // One character, in the middle, which no sample covers.
        let mut changed = first.to_string();
        let middle = changed.len() / 2 + 3000.min(changed.len() / 3);
        changed.replace_range(middle..=middle, "y");
        let write = place.write_to("big", &changed).await;
        let Guarded::Done(Some(revision)) = place.store.write(write).await.unwrap() else {
            panic!("not done at {length}")
        };
        assert_eq!(revision, place.revision("big").await);
        assert_eq!(
            place.store.write(stale).await.unwrap(),
            Guarded::Conflict,
            "at {length}"
        );
        // From large to small and back.
        let small = place.write_to("big", "{}").await;
        assert!(matches!(
            place.store.write(small).await.unwrap(),
            Guarded::Done(Some(_))
        ));
        let large = place.write_to("big", &first).await;
        assert!(matches!(
            place.store.write(large).await.unwrap(),
            Guarded::Done(Some(_))
        ));
    }
}

async fn a_deleted_document_is_gone(place: Place) {
    place
        .store
        .put(NewDocument {
            created_at_s: Some(5),
            ..document("a")
        })
        .await
        .unwrap();
    assert!(place.store.delete(&id("a")).await.unwrap());
    assert!(!place.store.delete(&id("a")).await.unwrap());
    assert_eq!(place.text("a").await, None);
    assert!(place.store.list(None, None, 0, -1).await.unwrap().is_empty());
}

async fn lifetimes_are_set_and_read(place: Place) {
    place.put("a").await;
    let store = &place.store;
    assert_eq!(store.lifetime(&id("a")).await.unwrap(), Some(3600));
    assert_eq!(store.lifetime(&id("none")).await.unwrap(), None);
    assert!(store.expire(&id("a"), 50).await.unwrap());
    assert_eq!(store.lifetime(&id("a")).await.unwrap(), Some(50));
    assert!(!store.expire(&id("none"), 50).await.unwrap());
    assert!(!store.expire(&id("none"), 0).await.unwrap());
    assert!(store.expire(&id("a"), 0).await.unwrap());
    assert_eq!(place.text("a").await, None);
}

async fn a_lifetime_of_zero_or_less_means_for_ever(place: Place) {
    let place = place
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
    place.store.put(new).await.unwrap();
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), Some(-1));
    assert_eq!(place.store.search(&index).await.unwrap(), [["a"]]);
    place.store.expire(&id("a"), 20).await.unwrap();
    let claim = place.claim_one("in").await;
    assert_eq!(claim.context.as_deref(), Some("{}"));
    place.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(
        place.store.lifetime(&id("a")).await.unwrap(),
        Some(-1),
        "a dead letter for ever"
    );
}

async fn an_expired_document_is_gone(place: Place) {
    let place = place
        .again_with(Lifetimes {
            document_s: 1,
            index_s: 1,
            ..LIFETIMES
        })
        .await;
    let index = terms(&[(IndexKind::Name, "Ann")]);
    place
        .store
        .put(NewDocument {
            index: index.clone(),
            ..document("a")
        })
        .await
        .unwrap();
    let write = place.write_to("a", "{}").await;
    let is_expired = async || {
        let found = place.store.search(&index).await.unwrap();
        place.text("a").await.is_none() && found == [Vec::<String>::new()]
    };
    while !is_expired().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(place.store.lifetime(&id("a")).await.unwrap(), None);
    assert!(!place.store.expire(&id("a"), 5).await.unwrap());
    assert_eq!(place.store.write(write).await.unwrap(), Guarded::Gone);
    assert!(!place.store.delete(&id("a")).await.unwrap());
    assert_eq!(place.store.search(&index).await.unwrap(), [Vec::<String>::new()]);
    // What expired does not come back with the next one.
    place
        .store
        .put(NewDocument {
            index: index.clone(),
            ..document("b")
        })
        .await
        .unwrap();
    assert_eq!(place.store.search(&index).await.unwrap(), [["b"]]);
    assert_eq!(place.store.scan(None).await.unwrap().0, ids(&["b"]));
}

async fn documents_are_listed_newest_first(place: Place) {
    for (name, at) in [("a", 10), ("b", 20), ("c", 20), ("d", -5)] {
        place
            .store
            .put(NewDocument {
                created_at_s: Some(at),
                ..document(name)
            })
            .await
            .unwrap();
    }
    place.put("not-listed").await;
    let list = async |since, until, offset, count| place.store.list(since, until, offset, count).await.unwrap();
    assert_eq!(list(None, None, 0, -1).await, ["c", "b", "a", "d"]);
    assert_eq!(list(None, None, 1, 2).await, ["b", "a"]);
    assert_eq!(list(Some(10), Some(20), 0, 50).await, ["c", "b", "a"]);
    assert_eq!(list(Some(11), None, 0, 50).await, ["c", "b"]);
    assert_eq!(list(None, Some(10), 0, 50).await, ["a", "d"]);
    assert!(list(None, None, 0, 0).await.is_empty());
    assert!(list(None, None, u64::MAX, 5).await.is_empty());
    assert_eq!(list(None, None, 3, -7).await, ["d"]);
    place.store.index(&id("not-listed"), Some(99), &[]).await.unwrap();
    assert_eq!(list(None, None, 0, 1).await, ["not-listed"]);
}

async fn a_document_stays_listed_after_it_expires(place: Place) {
    place
        .store
        .put(NewDocument {
            created_at_s: Some(1),
            ..document("a")
        })
        .await
        .unwrap();
    place.store.expire(&id("a"), 0).await.unwrap();
    assert_eq!(place.store.list(None, None, 0, -1).await.unwrap(), ["a"]);
}

async fn a_search_returns_the_ids_of_each_term(place: Place) {
    use IndexKind::{Mailto, Name, Tel};
    let index = terms(&[(Tel, "+1"), (Mailto, "a@b"), (Name, "Ann")]);
    place.store.put(NewDocument { index, ..document("a") }).await.unwrap();
    place.put("b").await;
    place.store.index(&id("b"), None, &terms(&[(Tel, "+1")])).await.unwrap();
    let asked = terms(&[(Tel, "+1"), (Mailto, "a@b"), (Name, "ann"), (Mailto, "+1")]);
    let mut found = place.store.search(&asked).await.unwrap();
    found.iter_mut().for_each(|ids| ids.sort());
    assert_eq!(found, [vec!["a", "b"], vec!["a"], vec![], vec![]]);
    assert!(place.store.search(&[]).await.unwrap().is_empty());
}

async fn a_scan_returns_every_document_in_pages(place: Place) {
    let mut expected = Vec::new();
    for i in 0..2500 {
        expected.push(format!("v{i:04}"));
    }
    let puts = expected.iter().map(|name| place.store.put(document(name)));
    for put in futures::future::join_all(puts).await {
        put.unwrap();
    }
    let (mut found, mut cursor) = (std::collections::BTreeSet::new(), None);
    loop {
        let (page, next) = place.store.scan(cursor).await.unwrap();
        found.extend(page.iter().map(|id| id.as_str().to_owned()));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}

async fn a_put_stores_indexes_and_queues_in_one_step(place: Place) {
    let new = NewDocument {
        created_at_s: Some(7),
        index: terms(&[(IndexKind::Tel, "+1")]),
        push_to: vec![list("one"), list("two"), list("one")],
        context: Some(r#"{"trace_id":"00"}"#.into()),
        ..document("a")
    };
    place.store.put(new).await.unwrap();
    assert_eq!(place.entries("one").await, ["a", "a"]);
    assert_eq!(place.entries("two").await, ["a"]);
    assert_eq!(
        place.claim_one("two").await.context.as_deref(),
        Some(r#"{"trace_id":"00"}"#)
    );
}

/// Byte for byte: spaces, order of members, escapes, numbers of any length.
async fn a_text_is_kept_byte_for_byte(place: Place) {
    if place.has_json() {
        return;
    }
    let text: Text =
        "{ \"b\":1.0,\"a\" : 12345678901234567890123, \"u\":\"\\u00e9 é \u{1F600}\",\"z\":\"\\u0000\" }".into();
    place
        .store
        .put(NewDocument {
            text: text.clone(),
            ..document("a")
        })
        .await
        .unwrap();
    assert_eq!(place.text("a").await.unwrap(), &*text);
}
