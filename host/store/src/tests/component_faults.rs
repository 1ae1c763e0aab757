//! Faults of components: the store is killed during an upload, an upload is abandoned, bytes are
//! damaged.

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::components::{component, has_component, has_no_component, parts};
use super::fixture::Directory;
use super::*;
use crate::ComponentStore as _;
use crate::sqlite::SqliteStore;
use vconduit_base::names::Digest;

on_both!(
    a_damaged_component_is_refused_and_can_be_replaced,
    a_component_with_a_part_missing_is_refused,
    an_abandoned_upload_leaves_nothing
);

/// Damages or removes one part, as a faulty disk or an administrator would.
async fn harm(fixture: &StoreFixture, remove: bool) {
    let Some(server) = &fixture.server else {
        let sql = if remove {
            "DELETE FROM component_parts WHERE number = 1"
        } else {
            "UPDATE component_parts SET bytes = zeroblob(length(bytes)) WHERE number = 1"
        };
        assert_eq!(fixture.sqlite_file().execute(sql, []).unwrap(), 1);
        return;
    };
    let keys: Vec<String> = server.raw(&["KEYS", "vconduit:component:*:*:1"]).await;
    assert_eq!(keys.len(), 1);
    if remove {
        let _: i64 = server.raw(&["DEL", &keys[0]]).await;
    } else {
        let _: i64 = server.raw(&["SETRANGE", &keys[0], "1000", "harm"]).await;
    }
}

async fn is_refused_and_can_be_replaced(fixture: &StoreFixture, remove: bool) {
    let bytes = component(700_000, 5);
    let digest = Digest::of(&bytes);
    fixture.store.keep_component(&digest, bytes.clone(), "1").await.unwrap();
    harm(fixture, remove).await;
    let error = fixture.store.component(&digest).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Refused { reason, .. } if reason.contains(digest.as_str()) && reason.contains("upload it again")),
        "{error}"
    );
    assert!(fixture.store.keep_component(&digest, bytes.clone(), "2").await.unwrap());
    has_component(fixture, &digest, &bytes).await;
    assert_eq!(
        fixture.store.about_component(&digest).await.unwrap().as_deref(),
        Some("2")
    );
    assert_eq!(parts(fixture).await, 3, "parts of the damaged one are left");
}

async fn a_damaged_component_is_refused_and_can_be_replaced(fixture: StoreFixture) {
    is_refused_and_can_be_replaced(&fixture, false).await;
}

async fn a_component_with_a_part_missing_is_refused(fixture: StoreFixture) {
    is_refused_and_can_be_replaced(&fixture, true).await;
}

/// A client that disconnects during its upload leaves no part of it visible.
async fn an_abandoned_upload_leaves_nothing(fixture: StoreFixture) {
    let bytes = component(5_000_000, 6);
    let digest = Digest::of(&bytes);
    let (store, of, sent) = (fixture.store.clone(), digest.clone(), bytes.clone());
    let upload = tokio::spawn(async move { store.keep_component(&of, sent, "{}").await });
    while parts(&fixture).await < 2 {
        tokio::task::yield_now().await;
    }
    upload.abort();
    if upload.await.is_ok() {
        // The upload was faster than the abort. Then the component is complete.
        has_component(&fixture, &digest, &bytes).await;
        return;
    }
    has_no_component(&fixture, &digest).await;
    assert_eq!(fixture.store.about_component(&digest).await.unwrap(), None);
    if let Some(server) = &fixture.server {
        let keys: Vec<String> = server.raw(&["KEYS", "vconduit:component:*"]).await;
        for key in keys {
            let left: i64 = server.raw(&["TTL", &key]).await;
            assert!((1..=3600).contains(&left), "{key} expires in {left} s");
        }
    }
    assert!(
        fixture
            .store
            .keep_component(&digest, bytes.clone(), "{}")
            .await
            .unwrap()
    );
    has_component(&fixture, &digest, &bytes).await;
}

/// A running upload and its component.
struct Upload {
    bytes: Bytes,
    digest: Digest,
    task: JoinHandle<Result<bool, StoreError>>,
}

/// Kills Redis between two parts of an upload.
async fn killed_between_parts(fixture: &mut StoreFixture) -> Upload {
    for seed in 8.. {
        let bytes = component(20_000_000, seed);
        let digest = Digest::of(&bytes);
        let before = parts(fixture).await;
        let (store, of, sent) = (fixture.store.clone(), digest.clone(), bytes.clone());
        let task = tokio::spawn(async move { store.keep_component(&of, sent, "{}").await });
        while parts(fixture).await < before + 3 {
            tokio::task::yield_now().await;
        }
        // On a busy machine the upload may have ended meanwhile. Then another one is tried.
        if !task.is_finished() {
            fixture.server.as_mut().unwrap().kill();
            return Upload { bytes, digest, task };
        }
    }
    panic!("every upload was faster than this test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_a_killed_redis_ends_can_be_repeated() {
    let mut fixture = StoreFixture::redis_with(LIFETIMES, &["--appendonly", "yes", "--appendfsync", "always"]).await;
    let Upload { bytes, digest, task } = killed_between_parts(&mut fixture).await;
    let error = task.await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    fixture.server.as_mut().unwrap().spawn();
    while fixture.store.ping().await.is_err() {}
    has_no_component(&fixture, &digest).await;
    assert!(
        fixture
            .store
            .keep_component(&digest, bytes.clone(), "{}")
            .await
            .unwrap()
    );
    has_component(&fixture, &digest, &bytes).await;
}

/// A server that comes back without its data: the missing parts are sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_an_empty_restart_loses_are_sent_again() {
    let mut fixture = StoreFixture::redis().await;
    let Upload { bytes, digest, task } = killed_between_parts(&mut fixture).await;
    fixture.server.as_mut().unwrap().spawn();
    assert!(task.await.unwrap().unwrap());
    has_component(&fixture, &digest, &bytes).await;
}

#[tokio::test]
async fn sqlite_removes_abandoned_uploads_at_the_next_start() {
    let directory = Directory::new();
    let bytes = component(600_000, 10);
    let digest = Digest::of(&bytes);
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    store.keep_component(&digest, bytes.clone(), "{}").await.unwrap();
    drop(store);
    let file = rusqlite::Connection::open(directory.0.join("vconduit.sqlite3")).unwrap();
    // The upload of a process that was killed before its last step, with more parts than one sweep
    // removes.
    file.execute_batch(
        "INSERT INTO components VALUES ('half', 'aa', '{}', 9000000000000);
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
         INSERT INTO component_parts SELECT 'half', i, x'00' FROM n;",
    )
    .unwrap();
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    let count = |sql| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM component_parts"), 3);
    assert_eq!(count("SELECT count(*) FROM components"), 1);
    assert!(
        store.component(&digest).await.unwrap() == Some(bytes),
        "the component came back changed"
    );
}
