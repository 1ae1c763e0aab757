//! Saves to several storages: retries, deadlines, limits.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::Instant;

use super::{id, saved};
use crate::{Abilities, Runner, SavePolicy, Saved, Storage, StorageError};
use vcon_document::VconId;
use vconduit_base::names::StorageName;

/// A storage whose results a test sets.
pub struct Scripted {
    pub abilities: Abilities,
    /// Results of the saves, one after the other, then `Ok`.
    pub saves: Mutex<Vec<Result<(), StorageError>>>,
    pub get: Result<Option<String>, StorageError>,
    pub delete: Result<bool, StorageError>,
    pub takes: Duration,
    pub panics: bool,
    pub calls: AtomicUsize,
    pub at_once: AtomicUsize,
    pub most_at_once: AtomicUsize,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            abilities: Abilities {
                read: true,
                delete: true,
            },
            saves: Mutex::default(),
            get: Ok(None),
            delete: Ok(false),
            takes: Duration::ZERO,
            panics: false,
            calls: AtomicUsize::default(),
            at_once: AtomicUsize::default(),
            most_at_once: AtomicUsize::default(),
        }
    }
}

impl Scripted {
    async fn called(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        assert!(!self.panics, "the test asked for a panic");
    }

    pub fn count(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Storage for Scripted {
    fn abilities(&self) -> Abilities {
        self.abilities
    }

    async fn save(&self, _: &Saved) -> Result<(), StorageError> {
        self.called().await;
        let mut saves = self.saves.lock().unwrap();
        if saves.is_empty() { Ok(()) } else { saves.remove(0) }
    }

    async fn get(&self, _: &VconId) -> Result<Option<String>, StorageError> {
        self.called().await;
        self.get.clone()
    }

    async fn delete(&self, _: &VconId) -> Result<bool, StorageError> {
        self.called().await;
        self.delete.clone()
    }
}

pub fn transient_error(message: &str) -> StorageError {
    StorageError::Transient(message.to_owned())
}

pub fn permanent_error(message: &str) -> StorageError {
    StorageError::Permanent(message.to_owned())
}

pub fn named(storages: &[(&str, &Arc<Scripted>)]) -> Vec<(StorageName, Arc<dyn Storage>)> {
    let named = |(name, storage): &(&str, &Arc<Scripted>)| {
        (StorageName::new(name).unwrap(), Arc::clone(storage) as Arc<dyn Storage>)
    };
    storages.iter().map(named).collect()
}

fn quick() -> SavePolicy {
    SavePolicy {
        first_pause: Duration::from_millis(1),
        timeout: Duration::from_millis(300),
        ..SavePolicy::default()
    }
}

fn failing(saves: Vec<Result<(), StorageError>>) -> Arc<Scripted> {
    Arc::new(Scripted {
        saves: Mutex::new(saves),
        ..Scripted::default()
    })
}

#[tokio::test(start_paused = true)]
async fn storages_save_at_once_and_one_that_fails_stops_no_other() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let shown = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let slow = || {
        Arc::new(Scripted {
            takes: Duration::from_millis(100),
            ..Scripted::default()
        })
    };
    let (first, second, bad) = (slow(), slow(), failing(vec![Err(permanent_error("refused"))]));
    let runner = Runner::default();
    let list = named(&[("first", &first), ("bad", &bad), ("second", &second), ("first", &first)]);
    let start = Instant::now();
    let results = runner.save_all(&list, &saved("2024-01-01T00:00:00Z"), &quick()).await;
    assert!(start.elapsed() < Duration::from_millis(200), "one waited for another");
    let outcomes: Vec<_> = results
        .iter()
        .map(|(name, result)| (name.as_str(), result.is_ok()))
        .collect();
    assert_eq!(
        outcomes,
        [("first", true), ("bad", false), ("second", true), ("first", true)]
    );
    assert_eq!(
        (first.count(), bad.count()),
        (2, 1),
        "a name listed twice is saved twice, a refusal is final"
    );
    let text = shown.render();
    for line in [
        "conserver_storage_count_total{backend=\"first\",outcome=\"success\"} 2",
        "conserver_storage_count_total{backend=\"second\",outcome=\"success\"} 1",
        "conserver_storage_count_total{backend=\"bad\",outcome=\"error\"} 1",
        "conserver_storage_duration_seconds_count{backend=\"bad\",outcome=\"error\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let health = runner.health();
    assert_eq!(health.len(), 3);
    assert_eq!(health[0].last_failure.as_ref().unwrap().message, "refused");
    assert!(health[1].last_failure.is_none() && health[1].last_success.is_some());
}

#[tokio::test]
async fn storages_save_one_after_the_other_where_the_policy_asks_for_it() {
    let slow = Arc::new(Scripted {
        takes: Duration::from_millis(20),
        ..Scripted::default()
    });
    let policy = SavePolicy {
        parallel: false,
        ..quick()
    };
    let list = named(&[("a", &slow), ("b", &slow), ("c", &slow)]);
    Runner::default()
        .save_all(&list, &saved("2024-01-01T00:00:00Z"), &policy)
        .await;
    assert_eq!((slow.count(), slow.most_at_once.load(Ordering::SeqCst)), (3, 1));
}

#[tokio::test]
async fn a_transient_error_is_tried_again() {
    let recovers = failing(vec![
        Err(transient_error("unavailable")),
        Err(transient_error("unavailable")),
    ]);
    let stays = failing(vec![Err(transient_error("unavailable")); 9]);
    let runner = Runner::default();
    let list = named(&[("recovers", &recovers), ("stays", &stays)]);
    let results = runner.save_all(&list, &saved("2024-01-01T00:00:00Z"), &quick()).await;
    assert!(results[0].1.is_ok());
    assert!(matches!(&results[1].1, Err(StorageError::Transient(message)) if message == "unavailable"));
    assert_eq!((recovers.count(), stays.count()), (3, 3));
    let one_try = SavePolicy { tries: 1, ..quick() };
    runner.save_all(&list, &saved("2024-01-01T00:00:00Z"), &one_try).await;
    assert_eq!(stays.count(), 4);
}

#[tokio::test]
async fn a_save_that_hangs_or_panics_ends_with_an_error() {
    let hangs = Arc::new(Scripted {
        takes: Duration::from_secs(600),
        ..Scripted::default()
    });
    let panics = Arc::new(Scripted {
        panics: true,
        ..Scripted::default()
    });
    let good = Arc::new(Scripted::default());
    let policy = SavePolicy { tries: 1, ..quick() };
    let runner = Runner::default();
    let list = named(&[("hangs", &hangs), ("panics", &panics), ("good", &good)]);
    let results = runner.save_all(&list, &saved("2024-01-01T00:00:00Z"), &policy).await;
    assert!(matches!(results[0].1, Err(StorageError::Transient(_))));
    assert!(matches!(results[1].1, Err(StorageError::Permanent(_))));
    assert!(results[2].1.is_ok());
    assert!(
        runner
            .health()
            .iter()
            .filter(|state| state.last_failure.is_some())
            .count()
            == 2
    );
}

#[tokio::test]
async fn a_storage_gets_no_more_saves_at_once_than_its_limit() {
    let slow = Arc::new(Scripted {
        takes: Duration::from_millis(10),
        ..Scripted::default()
    });
    let runner = Runner::default();
    let policy = SavePolicy {
        concurrency: 2,
        ..quick()
    };
    let (list, document) = (named(&[("slow", &slow)]), saved("2024-01-01T00:00:00Z"));
    let runs = (0..10).map(|_| runner.save_all(&list, &document, &policy));
    futures::future::join_all(runs).await;
    assert_eq!((slow.count(), slow.most_at_once.load(Ordering::SeqCst)), (10, 2));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_early_stops_its_saves() {
    let slow = Arc::new(Scripted {
        takes: Duration::from_millis(200),
        ..Scripted::default()
    });
    let runner = Runner::default();
    let (list, document, policy) = (named(&[("slow", &slow)]), saved("2024-01-01T00:00:00Z"), quick());
    let run = runner.save_all(&list, &document, &policy);
    assert!(tokio::time::timeout(Duration::from_millis(20), run).await.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        (slow.count(), slow.at_once.load(Ordering::SeqCst)),
        (1, 1),
        "begun, never ended"
    );
    assert_eq!(
        runner.health()[0].last_failure.as_ref().unwrap().message,
        "the save ended early"
    );
    assert!(runner.read_through(&[], &id("x")).await.is_none());
}
