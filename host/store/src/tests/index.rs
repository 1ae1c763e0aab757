//! The listing, the party indexes and the scan.

use super::*;

on_both!(
    documents_are_listed_newest_first,
    a_document_stays_listed_after_it_expires,
    a_search_returns_the_ids_of_each_term,
    a_scan_returns_every_document_in_pages,
);

async fn documents_are_listed_newest_first(fixture: StoreFixture) {
    for (name, at) in [("a", 10), ("b", 20), ("c", 20), ("d", -5)] {
        fixture
            .store
            .put(NewDocument {
                created_at_s: Some(at),
                ..document(name)
            })
            .await
            .unwrap();
    }
    fixture.put("not-listed").await;
    let list = async |since, until, offset, count| fixture.store.list(since, until, offset, count).await.unwrap();
    assert_eq!(list(None, None, 0, -1).await, ["c", "b", "a", "d"]);
    assert_eq!(list(None, None, 1, 2).await, ["b", "a"]);
    assert_eq!(list(Some(10), Some(20), 0, 50).await, ["c", "b", "a"]);
    assert_eq!(list(Some(11), None, 0, 50).await, ["c", "b"]);
    assert_eq!(list(None, Some(10), 0, 50).await, ["a", "d"]);
    assert!(list(None, None, 0, 0).await.is_empty());
    assert!(list(None, None, u64::MAX, 5).await.is_empty());
    assert_eq!(list(None, None, 3, -7).await, ["d"]);
    fixture.store.index(&id("not-listed"), Some(99), &[]).await.unwrap();
    assert_eq!(list(None, None, 0, 1).await, ["not-listed"]);
}

async fn a_document_stays_listed_after_it_expires(fixture: StoreFixture) {
    fixture
        .store
        .put(NewDocument {
            created_at_s: Some(1),
            ..document("a")
        })
        .await
        .unwrap();
    fixture.store.expire(&id("a"), 0).await.unwrap();
    assert_eq!(fixture.store.list(None, None, 0, -1).await.unwrap(), ["a"]);
}

async fn a_search_returns_the_ids_of_each_term(fixture: StoreFixture) {
    use IndexKind::{Mailto, Name, Tel};
    let index = terms(&[(Tel, "+1"), (Mailto, "a@b"), (Name, "Ann")]);
    fixture.store.put(NewDocument { index, ..document("a") }).await.unwrap();
    fixture.put("b").await;
    fixture
        .store
        .index(&id("b"), None, &terms(&[(Tel, "+1")]))
        .await
        .unwrap();
    let asked = terms(&[(Tel, "+1"), (Mailto, "a@b"), (Name, "ann"), (Mailto, "+1")]);
    let mut found = fixture.store.search(&asked).await.unwrap();
    found.iter_mut().for_each(|ids| ids.sort());
    assert_eq!(found, [vec!["a", "b"], vec!["a"], vec![], vec![]]);
    assert!(fixture.store.search(&[]).await.unwrap().is_empty());
}

async fn a_scan_returns_every_document_in_pages(fixture: StoreFixture) {
    let mut expected = Vec::new();
    for i in 0..2500 {
        expected.push(format!("v{i:04}"));
    }
    let puts = expected.iter().map(|name| fixture.store.put(document(name)));
    for put in futures::future::join_all(puts).await {
        put.unwrap();
    }
    let (mut found, mut cursor) = (std::collections::BTreeSet::new(), None);
    loop {
        let (page, next) = fixture.store.scan(cursor).await.unwrap();
        found.extend(page.iter().map(|id| id.as_str().to_owned()));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}
