//! The SQLite file: it has one owner, and loses nothing when the owner is killed.

use std::process::Command;

use super::fixture::Directory;
use super::*;
use crate::sqlite::SqliteStore;
use crate::{
    AuditStore as _, ClaimStore as _, ComponentStore as _, ConfigStore as _, DocumentStore as _, EntryRecovery as _,
    ListStore as _,
};

const CHILD: &str = "VCONDUIT_TEST_KILLED_DIRECTORY";

#[tokio::test]
async fn a_second_owner_is_refused() {
    let directory = Directory::new();
    let first = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    let error = SqliteStore::open(&directory.0, LIFETIMES).unwrap_err();
    assert!(
        matches!(error, StoreError::InUse { pid, .. } if pid == std::process::id()),
        "{error}"
    );
    drop(first);
    SqliteStore::open(&directory.0, LIFETIMES).unwrap();
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    store
        .put(NewDocument {
            push_to: vec![list("q"), list("q")],
            ..document("a")
        })
        .await
        .unwrap();
    let saved = store
        .save_config(&vec![("link:a".into(), "{}".into())], None, None)
        .await;
    let revision = saved.unwrap().unwrap();
    let claim = store.claim(&list("q"), &host(), 1, LEASE).await.unwrap().remove(0);
    store
        .checkpoint(&claim, &at_link(2), None, &no_effects())
        .await
        .unwrap();
    let before = store.get(&[id("a")]).await.unwrap().remove(0).unwrap();
    drop(store);
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    let after = store.get(&[id("a")]).await.unwrap().remove(0).unwrap();
    assert_eq!((after.text, after.revision), (before.text, before.revision));
    assert_eq!(store.config_revision().await.unwrap(), revision);
    // The worker of that claim ended with the process, so there is no wait for its lease.
    assert_eq!(
        store.reap(&list("q"), 5, Duration::ZERO).await.unwrap().returned,
        ids(&["a"])
    );
    let again = store.claim(&list("q"), &host(), 1, LEASE).await.unwrap().remove(0);
    assert_eq!((again.checkpoint, again.lost_leases), (at_link(2), 1));
    assert_eq!(store.depth(&list("q")).await.unwrap(), 1);
}

#[tokio::test]
async fn files_of_other_programs_are_refused() {
    let directory = Directory::new();
    let path = directory.0.join("vconduit.sqlite3");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    let error = SqliteStore::open(&directory.0, LIFETIMES).unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
    std::fs::write(
        &path,
        "this is no database at all, and long enough to be looked at as one",
    )
    .unwrap();
    assert!(matches!(
        SqliteStore::open(&directory.0, LIFETIMES),
        Err(StoreError::Refused { .. })
    ));
}

/// Opens a file of the first release, with rows in each table that matters.
#[tokio::test]
async fn a_file_of_the_first_form_is_upgraded() {
    let directory = Directory::new();
    let path = directory.0.join("vconduit.sqlite3");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;")
        .unwrap();
    file.execute_batch(include_str!("../sqlite/schema/1.sql")).unwrap();
    file.execute_batch(
        r#"PRAGMA application_id = 1984130926;
           PRAGMA user_version = 1;
           INSERT INTO documents VALUES ('a', 7, NULL, '{"uuid":"a"}');
           INSERT INTO entries VALUES ('q', 1, 'a');
           INSERT INTO claims VALUES ('c1', 'q', 1, 'b', 'h', 9000000000000, 0, '{"chain":"main","next_link":2,"began_ms":5}', NULL);
           INSERT INTO config (name, text) VALUES ('link:a', '{}');
           UPDATE config_revision SET revision = 4;"#,
    )
    .unwrap();
    drop(file);
    for _ in 0..2 {
        let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
        assert_eq!(
            &*store.get(&[id("a")]).await.unwrap()[0].as_ref().unwrap().text,
            r#"{"uuid":"a"}"#
        );
        assert_eq!(
            store.load_config().await.unwrap(),
            (4.into(), vec![("link:a".into(), "{}".into())])
        );
        let claims = store.claims(&list("q")).await.unwrap();
        assert_eq!((claims[0].1.vcon.as_str(), claims[0].1.checkpoint.next_link), ("b", 2));
        assert!(store.trail(&id("a")).await.unwrap().is_empty());
    }
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    let bytes = bytes::Bytes::from_static(b"component");
    let digest = vconduit_base::names::Digest::of(&bytes);
    assert!(store.keep_component(&digest, bytes.clone(), "{}").await.unwrap());
    store.audit("1").await.unwrap();
    drop(store);
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    assert_eq!(store.component(&digest).await.unwrap(), Some(bytes));
    assert_eq!(store.audit_log(0, 9).await.unwrap(), ["1"]);
}

#[tokio::test]
async fn a_newer_form_is_refused() {
    let directory = Directory::new();
    drop(SqliteStore::open(&directory.0, LIFETIMES).unwrap());
    let path = directory.0.join("vconduit.sqlite3");
    rusqlite::Connection::open(path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = SqliteStore::open(&directory.0, LIFETIMES).unwrap_err();
    assert!(error.to_string().contains("form 99"), "{error}");
}

/// Stores documents until it is killed, and writes the id of each stored one to a file. It runs
/// only when `a_killed_process_loses_no_write_that_returned` starts it.
#[tokio::test]
async fn a_child_that_will_be_killed_writes() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let store = Arc::new(SqliteStore::open(directory.as_ref(), LIFETIMES).unwrap());
    let written = directory + "/written";
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (store, written) = (store.clone(), format!("{written}{task}"));
            tokio::spawn(async move {
                let mut file = std::fs::File::create(written).unwrap();
                for i in 0.. {
                    let name = format!("v{task}-{i}");
                    store
                        .put(NewDocument {
                            push_to: vec![list("q")],
                            ..document(&name)
                        })
                        .await
                        .unwrap();
                    std::io::Write::write_all(&mut file, format!("{name}\n").as_bytes()).unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_loses_no_write_that_returned() {
    let directory = Directory::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            &format!(
                "{}::a_child_that_will_be_killed_writes",
                module_path!().split_once("::").unwrap().1
            ),
        ])
        .env(CHILD, &directory.0)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let written = |directory: &Directory| -> Vec<String> {
        let read = |task| std::fs::read_to_string(directory.0.join(format!("written{task}"))).unwrap_or_default();
        (0..8)
            .flat_map(|task| read(task).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let start = std::time::Instant::now();
    while written(&directory).len() < 300 && start.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = SqliteStore::open(&directory.0, LIFETIMES).unwrap_err();
    assert!(
        matches!(error, StoreError::InUse { pid, .. } if pid == child.id()),
        "{error}"
    );
    child.kill().unwrap();
    child.wait().unwrap();

    let written = written(&directory);
    assert!(written.len() >= 300, "the child was too slow");
    let store = SqliteStore::open(&directory.0, LIFETIMES).unwrap();
    let listed: std::collections::HashSet<String> = store
        .entries(&list("q"), 0, u64::MAX)
        .await
        .unwrap()
        .into_iter()
        .collect();
    for name in &written {
        assert!(
            listed.contains(name),
            "the write of {name} returned, and the entry is lost"
        );
    }
    let documents = store
        .get(&listed.iter().map(|name| id(name)).collect::<Vec<_>>())
        .await
        .unwrap();
    assert!(documents.iter().all(Option::is_some), "an entry has no document");
}

/// The caller repeats a step after an error. If it had been done, the vCon would be queued twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_no_transaction_could_begin_for_was_not_done() {
    let fixture = StoreFixture::sqlite();
    let other = fixture.sqlite_file();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = fixture.store.push(&list("q"), &ids(&["a"]), None).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(fixture.entries("q").await.is_empty(), "the step was done all the same");
    fixture.push("q", &["a"]).await;
    assert_eq!(fixture.entries("q").await, ["a"]);
}
