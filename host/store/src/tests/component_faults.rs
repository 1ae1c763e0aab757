//! What goes wrong with components: the store dies on the way, an upload is given up, bytes are damaged.

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::components::{component, has_component, has_no_component, parts};
use super::place::Directory;
use super::*;
use crate::ComponentStore as _;
use crate::sqlite::SqliteStore;
use vconduit_base::names::Digest;

on_both!(
    a_damaged_component_is_refused_and_can_be_kept_again,
    a_component_with_a_part_missing_is_refused,
    an_upload_that_was_given_up_leaves_nothing
);

/// Damages or removes one part, as a fault of the disk or an administrator would.
async fn harm(place: &Place, remove: bool) {
    let Some(server) = &place.server else {
        let sql = if remove {
            "DELETE FROM component_parts WHERE number = 1"
        } else {
            "UPDATE component_parts SET bytes = zeroblob(length(bytes)) WHERE number = 1"
        };
        assert_eq!(place.sqlite_file().execute(sql, []).unwrap(), 1);
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

async fn is_refused_and_can_be_mended(place: &Place, remove: bool) {
    let bytes = component(700_000, 5);
    let digest = Digest::of(&bytes);
    place.store.keep_component(&digest, bytes.clone(), "1").await.unwrap();
    harm(place, remove).await;
    let error = place.store.component(&digest).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Refused { reason, .. } if reason.contains(digest.as_str()) && reason.contains("upload it again")),
        "{error}"
    );
    assert!(place.store.keep_component(&digest, bytes.clone(), "2").await.unwrap());
    has_component(place, &digest, &bytes).await;
    assert_eq!(
        place.store.about_component(&digest).await.unwrap().as_deref(),
        Some("2")
    );
    assert_eq!(parts(place).await, 3, "nothing is left of the damaged one");
}

async fn a_damaged_component_is_refused_and_can_be_kept_again(place: Place) {
    is_refused_and_can_be_mended(&place, false).await;
}

async fn a_component_with_a_part_missing_is_refused(place: Place) {
    is_refused_and_can_be_mended(&place, true).await;
}

/// A client that goes away in the middle of its upload: nobody sees anything of it.
async fn an_upload_that_was_given_up_leaves_nothing(place: Place) {
    let bytes = component(5_000_000, 6);
    let digest = Digest::of(&bytes);
    let (store, of, sent) = (place.store.clone(), digest.clone(), bytes.clone());
    let upload = tokio::spawn(async move { store.keep_component(&of, sent, "{}").await });
    while parts(&place).await < 2 {
        tokio::task::yield_now().await;
    }
    upload.abort();
    if upload.await.is_ok() {
        // It was faster than the abort: then it is there as a whole.
        has_component(&place, &digest, &bytes).await;
        return;
    }
    has_no_component(&place, &digest).await;
    assert_eq!(place.store.about_component(&digest).await.unwrap(), None);
    if let Some(server) = &place.server {
        let keys: Vec<String> = server.raw(&["KEYS", "vconduit:component:*"]).await;
        for key in keys {
            let left: i64 = server.raw(&["TTL", &key]).await;
            assert!((1..=3600).contains(&left), "{key} goes by itself, in {left} s");
        }
    }
    assert!(place.store.keep_component(&digest, bytes.clone(), "{}").await.unwrap());
    has_component(&place, &digest, &bytes).await;
}

/// An upload that goes on, of this component.
struct Upload {
    bytes: Bytes,
    digest: Digest,
    task: JoinHandle<Result<bool, StoreError>>,
}

/// Kills Redis between two parts of an upload.
async fn killed_between_parts(place: &mut Place) -> Upload {
    for seed in 8.. {
        let bytes = component(20_000_000, seed);
        let digest = Digest::of(&bytes);
        let before = parts(place).await;
        let (store, of, sent) = (place.store.clone(), digest.clone(), bytes.clone());
        let task = tokio::spawn(async move { store.keep_component(&of, sent, "{}").await });
        while parts(place).await < before + 3 {
            tokio::task::yield_now().await;
        }
        // On a busy machine the upload may have come to its end meanwhile: then another one is tried.
        if !task.is_finished() {
            place.server.as_mut().unwrap().kill();
            return Upload { bytes, digest, task };
        }
    }
    panic!("every upload was faster than this test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_between_parts_and_the_upload_made_again() {
    let mut place = Place::redis_with(LIFETIMES, &["--appendonly", "yes", "--appendfsync", "always"]).await;
    let Upload { bytes, digest, task } = killed_between_parts(&mut place).await;
    let error = task.await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    place.server.as_mut().unwrap().spawn();
    while place.store.ping().await.is_err() {}
    has_no_component(&place, &digest).await;
    assert!(place.store.keep_component(&digest, bytes.clone(), "{}").await.unwrap());
    has_component(&place, &digest, &bytes).await;
}

/// A server that comes back without what it had: the parts that are gone are sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_restarted_empty_between_parts() {
    let mut place = Place::redis().await;
    let Upload { bytes, digest, task } = killed_between_parts(&mut place).await;
    place.server.as_mut().unwrap().spawn();
    assert!(task.await.unwrap().unwrap());
    has_component(&place, &digest, &bytes).await;
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
    // As a process leaves it that is killed before its last step: many parts, so that one sweep does not take them all.
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
