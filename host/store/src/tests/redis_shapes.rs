//! The keys and values in Redis have the forms of the Conserver, so that its programs can work on
//! the same server.

use super::*;

#[tokio::test]
async fn keys_have_the_shapes_that_the_conserver_writes() {
    let fixture = StoreFixture::redis().await;
    let new = NewDocument {
        created_at_s: Some(1_700_000_000),
        index: terms(&[
            (IndexKind::Tel, "+1"),
            (IndexKind::Mailto, "a@b"),
            (IndexKind::Name, "Ann B"),
        ]),
        push_to: vec![list("q")],
        context: Some(r#"{"trace_flags":1}"#.into()),
        ..document("a")
    };
    fixture.store.put(new).await.unwrap();
    let server = fixture.server();
    let get = if fixture.has_json() { "JSON.GET" } else { "GET" };
    assert_eq!(server.raw::<String>(&[get, "vcon:a"]).await, r#"{"uuid":"a"}"#);
    assert_eq!(server.raw::<i64>(&["TTL", "vcon:a"]).await, 3600);
    assert_eq!(
        server
            .raw::<Vec<String>>(&["ZRANGE", "vcons", "0", "-1", "WITHSCORES"])
            .await,
        ["vcon:a", "1700000000"]
    );
    for key in ["tel:+1", "mailto:a@b", "name:Ann B"] {
        assert_eq!(server.raw::<Vec<String>>(&["SMEMBERS", key]).await, ["a"]);
        assert_eq!(server.raw::<i64>(&["TTL", key]).await, 86_400);
    }
    assert_eq!(server.raw::<Vec<String>>(&["LRANGE", "q", "0", "-1"]).await, ["a"]);
    assert_eq!(
        server.raw::<Vec<String>>(&["LRANGE", "context:q:a", "0", "-1"]).await,
        [r#"{"trace_flags":1}"#]
    );
    assert_eq!(server.raw::<i64>(&["TTL", "context:q:a"]).await, 86_400);
    let claim = fixture.claim_one("q").await;
    assert_eq!(server.raw::<i64>(&["EXISTS", "context:q:a", "q"]).await, 0);
    assert_eq!(
        server.raw::<Vec<String>>(&["HKEYS", "vconduit:claims:{q}"]).await,
        [claim.id.as_str()]
    );
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    assert_eq!(server.raw::<Vec<String>>(&["LRANGE", "DLQ:q", "0", "-1"]).await, ["a"]);
    assert_eq!(server.raw::<i64>(&["TTL", "vcon:a"]).await, 604_800);
}

#[tokio::test]
async fn values_of_other_programs_are_read() {
    let fixture = StoreFixture::redis().await;
    let server = fixture.server();
    let _: () = server.raw(&["SET", "vcon:a", r#"{"uuid":"a"}"#]).await;
    let _: i64 = server.raw(&["ZADD", "vcons", "5", "bare", "6", "vcon:a"]).await;
    let _: i64 = server.raw(&["RPUSH", "q", "a"]).await;
    assert_eq!(fixture.store.list(None, None, 0, -1).await.unwrap(), ["a", "bare"]);
    assert_eq!(fixture.store.lifetime(&id("a")).await.unwrap(), Some(-1));
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    // Another program writes during the run.
    let _: () = server.raw(&["SET", "vcon:a", r#"{"n":9}"#]).await;
    let answer = fixture
        .store
        .finish(&claim, &id("a"), Some(write), &no_effects(), &[])
        .await
        .unwrap();
    assert_eq!(answer, Guarded::Conflict);
    assert!(fixture.store.delete(&id("a")).await.unwrap());
    assert_eq!(fixture.store.list(None, None, 0, -1).await.unwrap(), ["bare"]);
    assert!(!fixture.store.delete(&id("bare")).await.unwrap());
    assert!(
        fixture.store.list(None, None, 0, -1).await.unwrap().is_empty(),
        "the bare member is still listed"
    );
}

/// A large document of another program has no token. Its length and samples are still compared.
#[tokio::test]
async fn large_documents_of_other_programs_are_read() {
    let fixture = StoreFixture::redis().await;
    let text = text_of(200_000, "one");
    let _: () = fixture.server().raw(&["SET", "vcon:a", &text]).await;
    let stale = fixture.write_to("a", "{}").await;
    let other = text_of(200_000, "two");
    let _: () = fixture.server().raw(&["SET", "vcon:a", &other]).await;
    assert_eq!(fixture.store.write(stale).await.unwrap(), Guarded::Conflict);
    let write = fixture.write_to("a", &text).await;
    assert!(matches!(
        fixture.store.write(write).await.unwrap(),
        Guarded::Done(Some(_))
    ));
}

/// Deleted documents and ended claims leave only keys with a lifetime.
#[tokio::test]
async fn no_key_is_left_over() {
    let fixture = StoreFixture::redis().await;
    let text = text_of(100_000, "x");
    let new = NewDocument {
        text,
        push_to: vec![list("q")],
        context: Some("{}".into()),
        ..document("a")
    };
    fixture.store.put(new).await.unwrap();
    for _ in 0..2 {
        let claim = fixture.claim_one("q").await;
        fixture.lose(&[claim]).await;
        fixture.reap("q").await;
    }
    let claim = fixture.claim_one("q").await;
    fixture
        .store
        .park(&claim, &at_link(1), None, &no_effects(), &list("resume:q"), LEASE)
        .await
        .unwrap();
    fixture.store.resume(&list("q")).await.unwrap();
    let claim = fixture.claim_one("q").await;
    fixture.store.fail(&claim, &record("trap"), None).await.unwrap();
    fixture.store.reprocess(&list("q"), 1).await.unwrap();
    let claim = fixture.claim_one("q").await;
    fixture.finish(&claim, &[]).await;
    fixture.store.delete(&id("a")).await.unwrap();
    let keys: Vec<String> = fixture.server().raw(&["KEYS", "*"]).await;
    // The remembered ends of claims and steps, a trace context and the deletion with their
    // lifetimes.
    let expected = [
        "vconduit:ended:{q}",
        "context:resume:q:a",
        "vconduit:holds:a",
        "vconduit:resumed:{q}:a",
    ];
    // One each for the whole server.
    let keys = keys
        .into_iter()
        .filter(|key| key != "vconduit:contact" && key != "vconduit:lists")
        .collect::<Vec<_>>();
    for key in keys.iter().filter(|key| !key.starts_with("vconduit:once:")) {
        assert!(expected.contains(&key.as_str()), "{key}");
        let left: i64 = fixture.server().raw(&["TTL", key]).await;
        assert!(left > 0 || key == "vconduit:ended:{q}", "{key} has no end");
    }
}
