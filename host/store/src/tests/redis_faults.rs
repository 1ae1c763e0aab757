//! Faults of Redis: an outage, keys of the wrong type, no memory, garbage on lists.

use std::time::Instant;

use super::lossy_proxy::LossyProxy;
use super::*;
use crate::redis::{RedisStore, RedisStoreOptions};
use crate::{DeadLetterStore as _, ListStore as _};

const ALWAYS: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_unavailable_and_work_continues_after_a_restart() {
    let mut fixture = StoreFixture::redis_with(LIFETIMES, ALWAYS).await;
    fixture.put("a").await;
    fixture.push("q", &["a", "b"]).await;
    let claim = fixture.claim_one("q").await;
    fixture
        .store
        .checkpoint(&claim, &at_link(1), None, &no_effects())
        .await
        .unwrap();
    let store = fixture.store.clone();
    let waiting = tokio::spawn(async move { store.wait(&list("empty"), Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;

    fixture.server.as_mut().unwrap().kill();
    let error = fixture.store.depth(&list("q")).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unavailable(address) if address.starts_with("127.0.0.1:")),
        "{error}"
    );
    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Unavailable(_))));
    assert!(matches!(
        fixture.store.wait(&list("q"), LEASE).await,
        Err(StoreError::Unavailable(_))
    ));

    fixture.server.as_mut().unwrap().spawn();
    let start = Instant::now();
    while fixture.store.ping().await.is_err() {
        assert!(start.elapsed() < LEASE, "the store did not come back");
    }
    assert_eq!(fixture.entries("q").await, ["b"]);
    assert!(fixture.store.wait(&list("q"), LEASE).await.unwrap());
    assert_eq!(fixture.finish(&claim, &["out"]).await, Guarded::Done(None));
    assert_eq!(fixture.entries("out").await, ["a"]);
    assert!(fixture.text("a").await.is_some());
}

/// A call waits for a server that restarts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quick_restart_is_not_noticed() {
    let mut fixture = StoreFixture::redis_with(LIFETIMES, ALWAYS).await;
    fixture.push("q", &["a"]).await;
    fixture.server.as_mut().unwrap().kill();
    fixture.server.as_mut().unwrap().spawn();
    assert_eq!(fixture.entries("q").await, ["a"]);
    fixture.server.as_mut().unwrap().kill();
    fixture.server.as_mut().unwrap().spawn();
    fixture.push("q", &["b"]).await;
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
}

#[tokio::test]
async fn a_cut_connection_is_made_anew() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a"]).await;
    for _ in 0..5 {
        let _: i64 = fixture.server().raw(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        assert_eq!(fixture.entries("q").await, ["a"]);
    }
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a"]).await;
    let _: () = fixture.server().raw(&["SCRIPT", "FLUSH"]).await;
    fixture.push("q", &["b"]).await;
    assert_eq!(fixture.entries("q").await, ["a", "b"]);
}

#[tokio::test]
async fn an_address_without_a_server_is_unavailable() {
    let server = RedisServer::start(&[]).await;
    let url = format!("redis://someone:hunter2@127.0.0.1:{}/", server.port);
    drop(server);
    let error = RedisStore::connect(&url, RedisStoreOptions::new(LIFETIMES))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    for bad in [
        "http://user:hunter2@host",
        "redis://:hunter2@host:port",
        "",
        "redis://hunter2@h:1/notadb",
    ] {
        let error = RedisStore::connect(bad, RedisStoreOptions::new(LIFETIMES))
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{bad}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn password_and_database_of_the_url_are_used() {
    let server = RedisServer::start(&[]).await;
    let _: () = server.raw(&["CONFIG", "SET", "requirepass", "hunter2"]).await;
    let url = format!("redis://:hunter2@127.0.0.1:{}/3", server.port);
    let store = RedisStore::connect(&url, RedisStoreOptions::new(LIFETIMES))
        .await
        .unwrap();
    store.ping().await.unwrap();
    assert!(store.describe().contains("database 3"));
    assert!(!format!("{store:?} {}", store.describe()).contains("hunter2"));
    for wrong in [
        format!("redis://:hunter3@127.0.0.1:{}/", server.port),
        format!("redis://127.0.0.1:{}/", server.port),
    ] {
        let error = RedisStore::connect(&wrong, RedisStoreOptions::new(LIFETIMES))
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
    }
}

/// Asserts that the store has refused, in its own words, and returns the text.
fn refused(error: StoreError) -> String {
    let text = error.to_string();
    assert!(matches!(error, StoreError::Refused { .. }), "{text}");
    assert!(!text.contains("script:"), "{text}");
    text
}

/// A store with values of the wrong type under the keys of a list, a term and a document.
async fn with_wrong_types() -> StoreFixture {
    let fixture = StoreFixture::redis().await;
    let server = fixture.server();
    for key in ["text", "tel:+1"] {
        let _: () = server.raw(&["SET", key, "x"]).await;
    }
    let _: () = server.raw(&["RPUSH", "vcon:list", "x"]).await;
    fixture
}

#[tokio::test]
async fn a_put_on_a_key_of_a_wrong_type_is_refused_as_a_whole() {
    let fixture = with_wrong_types().await;
    let error = fixture
        .store
        .put(NewDocument {
            push_to: vec![list("ok"), list("text")],
            ..document("a")
        })
        .await
        .unwrap_err();
    assert_eq!(
        refused(error),
        r#"the working store refused put: the key "text" holds a string, not a list"#
    );
    let index = terms(&[(IndexKind::Tel, "+1")]);
    let put = fixture.store.put(NewDocument { index, ..document("a") }).await;
    refused(put.unwrap_err());
    assert_eq!(fixture.text("a").await, None, "a part of the refused step was done");
    assert!(fixture.entries("ok").await.is_empty());
}

#[tokio::test]
async fn reads_of_keys_of_a_wrong_type_are_refused() {
    let fixture = with_wrong_types().await;
    let store = &fixture.store;
    refused(store.get(&ids(&["none", "list"])).await.unwrap_err());
    refused(store.depth(&list("text")).await.unwrap_err());
    refused(store.claim(&list("text"), &host(), 1, LEASE).await.unwrap_err());
    refused(store.wait(&list("text"), LEASE).await.unwrap_err());
    let write = Write {
        id: id("list"),
        text: "{}".into(),
        expected: Revision("s".into()),
    };
    refused(store.write(write).await.unwrap_err());
}

#[tokio::test]
async fn a_claim_survives_a_step_on_a_key_of_a_wrong_type() {
    let fixture = with_wrong_types().await;
    let store = &fixture.store;
    fixture.push("q", &["v"]).await;
    let claim = fixture.claim_one("q").await;
    let egress = [list("ok"), list("text")];
    let finished = store.finish(&claim, &id("v"), None, &no_effects(), &egress).await;
    refused(finished.unwrap_err());
    let effects = Effects {
        push: vec![(list("ok"), id("v")), (list("text"), id("v"))],
        expire: Vec::new(),
        needs: None,
        trail: None,
    };
    let noted = store.checkpoint(&claim, &at_link(1), None, &effects).await;
    refused(noted.unwrap_err());
    assert!(fixture.entries("ok").await.is_empty());
    assert_eq!(fixture.finish(&claim, &["ok"]).await, Guarded::Done(None));
}

#[tokio::test]
async fn garbage_on_a_list_is_set_aside() {
    let fixture = StoreFixture::redis().await;
    let long = "x".repeat(513);
    let garbage: &[&[u8]] = &[
        b"",
        b"two\nlines",
        b"nul\0",
        b"\x7f",
        long.as_bytes(),
        b"\xff\xfe",
        b"cut \xc3",
        b"\xc2\x85",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe0\x80\x80",
        b"\xc0\xaf",
    ];
    let fine: &[&[u8]] = &["é ü 😀 \u{d7ff}".as_bytes(), b"plain", b"with \"quotes\" and \\"];
    for entry in garbage.iter().chain(fine) {
        let _: i64 = fixture.server().raw_bytes(&[b"RPUSH", b"q", entry]).await;
    }
    let mut claims = fixture.claim("q", 5).await;
    claims.extend(fixture.claim("q", 50).await);
    let expected: Vec<&str> = fine.iter().map(|bytes| std::str::from_utf8(bytes).unwrap()).collect();
    assert_eq!(vcons(&claims), expected);
    assert_eq!(fixture.entries("q").await.len(), 0);
    let letters = fixture.store.dead_letters(&list("q"), 0, 99).await.unwrap();
    assert_eq!(letters.len(), garbage.len());
    assert!(
        letters
            .iter()
            .all(|letter| letter.record.as_ref().is_some_and(|record| record.class == "entry")),
        "{letters:?}"
    );
    assert_eq!(letters[0].vcon.as_str(), "(empty entry)");
    // A lost worker changes nothing about them.
    fixture.lose(&claims).await;
    assert_eq!(fixture.reap("q").await.0, expected);
    let mut raw: Vec<Vec<u8>> = fixture.server().raw(&["LRANGE", "DLQ:q", "0", "-1"]).await;
    raw.sort();
    let mut expected: Vec<Vec<u8>> = garbage.iter().map(|bytes| bytes.to_vec()).collect();
    expected.sort();
    assert_eq!(raw, expected, "an entry was changed");
    assert_eq!(
        fixture.store.reprocess(&list("q"), 99).await.unwrap(),
        garbage.len() as u64
    );
}

/// Redis does not undo a script, so the first write must be one that it refuses when it is out of
/// memory.
#[tokio::test]
async fn a_redis_without_memory_loses_nothing() {
    let fixture = StoreFixture::redis().await;
    fixture.put("a").await;
    fixture.push("q", &["a", "b"]).await;
    let claim = fixture.claim_one("q").await;
    let limit = async |limit: &str| fixture.server().raw::<()>(&["CONFIG", "SET", "maxmemory", limit]).await;
    limit("1").await;
    let out_of_memory = |error: StoreError| {
        assert!(
            matches!(&error, StoreError::Refused { reason, .. } if reason.contains("OOM")),
            "{error}"
        )
    };
    out_of_memory(fixture.store.claim(&list("q"), &host(), 1, LEASE).await.unwrap_err());
    out_of_memory(
        fixture
            .store
            .finish(&claim, &id("a"), None, &no_effects(), &[list("out")])
            .await
            .unwrap_err(),
    );
    out_of_memory(fixture.store.fail(&claim, &record("trap"), None).await.unwrap_err());
    out_of_memory(fixture.store.hand_back(&claim).await.unwrap_err());
    out_of_memory(fixture.store.put(document("c")).await.unwrap_err());
    out_of_memory(fixture.store.ping().await.unwrap_err());
    assert_eq!(fixture.entries("q").await, ["b"]);
    assert_eq!(fixture.store.claims(&list("q")).await.unwrap().len(), 1);
    // Steps that need no memory still work, so that memory becomes free.
    assert_eq!(fixture.finish(&claim, &[]).await, Guarded::Done(None));
    limit("0").await;
    assert_eq!(fixture.claim_one("q").await.vcon, id("b"));
}

#[tokio::test]
async fn a_repeated_ending_returns_done_again() {
    let fixture = StoreFixture::redis().await;
    fixture.push("q", &["a", "b", "c", "d"]).await;
    let claims = fixture.claim("q", 4).await;
    for _ in 0..2 {
        assert_eq!(fixture.finish(&claims[0], &["out"]).await, Guarded::Done(None));
        assert_eq!(
            fixture.store.fail(&claims[1], &record("trap"), None).await.unwrap(),
            Guarded::Done(None)
        );
        assert_eq!(fixture.store.hand_back(&claims[2]).await.unwrap(), Guarded::Done(None));
        let parked = fixture
            .store
            .park(&claims[3], &at_link(1), None, &no_effects(), &list("people"), LEASE)
            .await
            .unwrap();
        assert_eq!(parked, Guarded::Done(None));
    }
    assert_eq!(fixture.entries("out").await, ["a"]);
    assert_eq!(fixture.entries("DLQ:q").await, ["b"]);
    assert_eq!(fixture.entries("q").await, ["c"]);
    assert_eq!(fixture.entries("people").await, ["d"]);
    // An end of another kind returns `LostClaim`.
    assert_eq!(
        fixture.store.fail(&claims[0], &record("trap"), None).await.unwrap(),
        Guarded::LostClaim
    );
}

#[tokio::test]
async fn a_repeated_write_and_checkpoint_return_done_again() {
    let fixture = StoreFixture::redis().await;
    fixture.put("a").await;
    fixture.push("q", &["a"]).await;
    let claim = fixture.claim_one("q").await;
    let write = fixture.write_to("a", r#"{"n":1}"#).await;
    let first = fixture.store.write(write.clone()).await.unwrap();
    if !fixture.has_json() {
        // With RedisJSON only the adapter's own retry is identified, because texts can't be
        // compared there.
        assert_eq!(fixture.store.write(write).await.unwrap(), first);
    }
    let write = fixture.write_to("a", r#"{"n":2}"#).await;
    let effects = Effects {
        push: vec![(list("side"), id("a"))],
        expire: Vec::new(),
        needs: None,
        trail: None,
    };
    for _ in 0..3 {
        let done = fixture
            .store
            .checkpoint(&claim, &at_link(1), Some(write.clone()), &effects)
            .await
            .unwrap();
        assert_eq!(done, Guarded::Done(Some(fixture.revision("a").await)));
    }
    assert_eq!(fixture.entries("side").await, ["a"]);
}

#[tokio::test]
async fn an_abandoned_wait_leaves_no_command_on_the_server() {
    let fixture = StoreFixture::redis().await;
    let name = list("q");
    let given_up = tokio::time::timeout(Duration::from_millis(200), fixture.store.wait(&name, LEASE)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let info: redis::InfoDict = fixture.server().raw(&["INFO", "clients"]).await;
    assert_eq!(info.get::<i64>("blocked_clients"), Some(0));
}

/// A store behind a proxy that can lose replies. Its scripts are loaded, so that the next reply is
/// that of a script.
async fn behind_a_proxy(fixture: &StoreFixture) -> (RedisStore, LossyProxy) {
    let url = fixture.server().url();
    let server = url.trim_start_matches("redis://").trim_end_matches('/');
    let proxy = LossyProxy::start(server.to_owned()).await;
    let store = RedisStore::connect(&proxy.url(), RedisStoreOptions::new(LIFETIMES))
        .await
        .unwrap();
    (store, proxy)
}

#[tokio::test]
async fn a_pop_whose_reply_was_lost_returns_the_same_entries_again() {
    let fixture = StoreFixture::redis().await;
    let (store, proxy) = behind_a_proxy(&fixture).await;
    fixture.push("out", &["a", "b", "c", "d", "e"]).await;
    assert_eq!(store.pop_tail(&list("out"), 1).await.unwrap(), ["e"]);
    proxy.lose_next_reply();
    assert_eq!(store.pop_tail(&list("out"), 2).await.unwrap(), ["d", "c"]);
    assert!(proxy.has_lost_it(), "no reply was lost");
    assert_eq!(fixture.entries("out").await, ["a", "b"], "entries were popped twice");
}

#[tokio::test]
async fn a_dead_letter_whose_reply_was_lost_is_added_once() {
    let fixture = StoreFixture::redis().await;
    let (store, proxy) = behind_a_proxy(&fixture).await;
    store
        .dead_letter(&list("DLQ:storage:s"), &id("a"), &record("storage"))
        .await
        .unwrap();
    proxy.lose_next_reply();
    store
        .dead_letter(&list("DLQ:storage:s"), &id("b"), &record("storage"))
        .await
        .unwrap();
    assert!(proxy.has_lost_it(), "no reply was lost");
    assert_eq!(fixture.entries("DLQ:storage:s").await, ["a", "b"]);
}

#[tokio::test]
async fn dead_letters_whose_reply_was_lost_are_moved_back_once() {
    let fixture = StoreFixture::redis().await;
    let (store, proxy) = behind_a_proxy(&fixture).await;
    fixture.push("DLQ:q", &["a", "b", "c", "d"]).await;
    assert_eq!(store.reprocess(&list("q"), 1).await.unwrap(), 1);
    proxy.lose_next_reply();
    assert_eq!(store.reprocess(&list("q"), 2).await.unwrap(), 2);
    assert!(proxy.has_lost_it(), "no reply was lost");
    assert_eq!(fixture.entries("q").await, ["a", "b", "c"]);
    assert_eq!(fixture.entries("DLQ:q").await, ["d"]);
}

/// Consumers have to be able to drain a list when the server has no memory.
#[tokio::test]
async fn entries_can_be_popped_from_a_redis_without_memory() {
    let fixture = StoreFixture::redis().await;
    fixture.push("out", &["a", "b"]).await;
    let _: () = fixture.server().raw(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let popped = fixture.store.pop_tail(&list("out"), 2).await.unwrap();
    assert_eq!(popped, ["b", "a"]);
    assert!(fixture.entries("out").await.is_empty());
}
