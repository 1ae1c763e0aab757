//! The audit log: an entry and the change that it describes are one step.

use super::*;
use vconduit_base::ConfigRevision;

on_both!(
    the_newest_entry_comes_first,
    a_saved_configuration_and_its_entry_are_one_step,
    a_conflict_leaves_no_entry,
    the_last_ten_thousand_entries_are_kept
);

async fn log(fixture: &StoreFixture, offset: u64, count: u64) -> Vec<String> {
    fixture.store.audit_log(offset, count).await.unwrap()
}

async fn the_newest_entry_comes_first(fixture: StoreFixture) {
    assert!(log(&fixture, 0, 10).await.is_empty());
    for entry in ["1", r#"{"who":"é"}"#, "3"] {
        fixture.store.audit(entry).await.unwrap();
    }
    assert_eq!(log(&fixture, 0, 10).await, ["3", r#"{"who":"é"}"#, "1"]);
    assert_eq!(log(&fixture, 1, 1).await, [r#"{"who":"é"}"#]);
    assert!(log(&fixture, 0, 0).await.is_empty());
    assert!(log(&fixture, 3, 5).await.is_empty());
    assert_eq!(log(&fixture, 2, u64::MAX).await, ["1"]);
}

async fn a_saved_configuration_and_its_entry_are_one_step(fixture: StoreFixture) {
    let entries = vec![("link:a".to_owned(), "{}".to_owned())];
    let saved = fixture
        .store
        .save_config(&entries, Some(ConfigRevision::NONE), Some("by me"))
        .await
        .unwrap();
    let revision = saved.expect("no other host saves");
    let saved = fixture.store.save_config(&entries, None, None).await.unwrap();
    assert_ne!(saved, Ok(revision));
    assert_eq!(log(&fixture, 0, 10).await, ["by me"]);
}

async fn a_conflict_leaves_no_entry(fixture: StoreFixture) {
    let entries = vec![("link:a".to_owned(), "{}".to_owned())];
    let saves = (0..20).map(|n| {
        let (store, entries) = (fixture.store.clone(), entries.clone());
        async move {
            store
                .save_config(&entries, Some(ConfigRevision::NONE), Some(&n.to_string()))
                .await
                .unwrap()
                .ok()
                .map(|_| n)
        }
    });
    let saved: Vec<i32> = futures::future::join_all(saves).await.into_iter().flatten().collect();
    assert_eq!(saved.len(), 1);
    assert_eq!(log(&fixture, 0, 10).await, [saved[0].to_string()]);
}

async fn the_last_ten_thousand_entries_are_kept(fixture: StoreFixture) {
    fixture.store.audit("1").await.unwrap();
    let entries: Vec<String> = (2..=10_040).map(|n| n.to_string()).collect();
    for some in entries.chunks(250) {
        let all = some.iter().map(|entry| fixture.store.audit(entry));
        futures::future::try_join_all(all).await.unwrap();
    }
    fixture
        .store
        .save_config(&Vec::new(), None, Some("last"))
        .await
        .unwrap()
        .unwrap();
    let log = log(&fixture, 0, u64::MAX).await;
    assert_eq!(log.len(), 10_000);
    assert_eq!(log[0], "last");
    assert!(log.contains(&"10040".to_owned()) && !log.contains(&"1".to_owned()));
}

/// The adapter sends a change again when the reply was lost. That is neither a conflict nor a
/// second entry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_on_a_connection_that_is_cut_again_and_again_is_done_once() {
    let fixture = StoreFixture::redis().await;
    let cut = fixture.server().cut_connections();
    let entries = vec![("link:a".to_owned(), "{}".to_owned())];
    let (mut saved, mut changes) = (ConfigRevision::NONE, 0);
    for _ in 0..60 {
        let before = saved;
        match fixture
            .store
            .save_config(&entries, Some(saved), Some(&changes.to_string()))
            .await
        {
            Ok(revision) => saved = revision.expect("no other host saves"),
            Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error}"),
        }
        // After an error the last save may or may not have been done.
        while let Err(error) = fixture.store.config_revision().await.map(|is| saved = is) {
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        changes += u32::from(saved != before);
    }
    cut.abort();
    assert!(changes > 0);
    let expected: Vec<String> = (0..changes).rev().map(|n| n.to_string()).collect();
    assert_eq!(log(&fixture, 0, 100).await, expected);
}
