//! A worker with a real store and a chain without links: how a run ends that panics, or that the
//! store refuses something to.

mod alone;
mod chains;
mod leases;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;

use super::*;
use crate::chain::hold::ClaimHold;
use crate::documents::Documents;
use crate::figures::stats::LinkStats;
use crate::registry::Registry;
use crate::snapshot::Snapshot;
use vcon_document::EgressFormat;
use vcon_document::{Text, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, ListName, StorageName};
use vconduit_config::{Chain, OnError, Settings};
use vconduit_sandbox::call::Environment;
use vconduit_sandbox::probe::{NoMetrics, SystemEnvironment};
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_storage::Storage;
use vconduit_storage::factory::StorageContext;
use vconduit_storage::runner::SavePolicy;
use vconduit_store::NewDocument;
use vconduit_store::sqlite::SqliteStore;
use vconduit_test_support::{Fault, FaultyStore};

/// Longer than any test: a lease of this length never runs out by itself.
const LEASE: Duration = Duration::from_secs(3600);
/// Time that a test waits for an event that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Panics in the first runs: each of them asks for the time when it begins.
struct PanicsAtFirst {
    runs: AtomicUsize,
    panics: usize,
}

impl Environment for PanicsAtFirst {
    fn now_ms(&self) -> u64 {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        assert!(run >= self.panics, "run {run} panics, as this test wants it to");
        1_700_000_000_000
    }
    fn uniform(&self) -> f64 {
        0.5
    }
    fn fill(&self, bytes: &mut [u8]) {
        SystemEnvironment.fill(bytes);
    }
}

fn list(name: &str) -> ListName {
    ListName::new(name).unwrap()
}

/// Stores documents and pushes their ids.
async fn put(place: &Place, name: &str, entries: &[&str]) {
    for id in ids(entries) {
        let text: Text = format!(r#"{{"uuid":"{id}"}}"#).into();
        let document = NewDocument {
            id,
            text,
            created_at_s: None,
            index: Vec::new(),
            push_to: vec![list(name)],
            context: None,
        };
        place.faulty.real().put(document).await.unwrap();
    }
}

/// A chain without links from a list to `out`.
fn chain(ingress: &str) -> Chain {
    Chain {
        links: Vec::new(),
        ingress_lists: vec![list(ingress)],
        egress_lists: vec![list("out")],
        storages: Vec::new(),
        enabled: true,
        timeout: None,
        weight: 1,
        concurrency: None,
        hand_off_timeout: LEASE,
        schedule: None,
        on_error: OnError::default(),
    }
}

/// What a test wants its worker to be like.
struct PlaceOptions {
    /// Number of runs that panic, the first ones.
    panics: usize,
    concurrency: usize,
    lease: Duration,
    /// The chains and their names.
    chains: Vec<(&'static str, Chain)>,
    /// A storage that all chains save to, but that named `fast`.
    storage: Option<Arc<dyn Storage>>,
    /// The chains that the worker runs; all if there are none.
    served: &'static [&'static str],
}

impl Default for PlaceOptions {
    fn default() -> Self {
        Self {
            panics: 0,
            concurrency: 1,
            lease: LEASE,
            chains: vec![("main", chain("in"))],
            storage: None,
            served: &[],
        }
    }
}

impl PlaceOptions {
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, chain) in &self.chains {
            let mut chain = chain.clone();
            if let Some(storage) = self.storage.as_ref().filter(|_| *name != "fast") {
                let name = StorageName::new("test").unwrap();
                chain.storages.push(name.clone());
                snapshot.storages.insert(name, storage.clone());
            }
            let name = ChainName::new(*name).unwrap();
            snapshot.config.chains.insert(name, chain);
        }
        snapshot.ingress = snapshot.config.ingress();
        snapshot
    }
}

/// A worker and its store.
struct Place {
    store: Arc<dyn Store>,
    /// The same store, for faults.
    faulty: Arc<FaultyStore>,
    worker: Arc<Worker>,
    environment: Arc<PanicsAtFirst>,
    events: Events,
}

impl Place {
    fn new(folder: &Path, panics: usize) -> Self {
        let options = PlaceOptions {
            panics,
            ..PlaceOptions::default()
        };
        Self::with(folder, options)
    }

    fn with(folder: &Path, options: PlaceOptions) -> Self {
        let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
        let faulty = FaultyStore::over(SqliteStore::open(folder, lifetimes).unwrap());
        Self::over(faulty, folder, options)
    }

    /// A further host on the same store.
    fn over(faulty: Arc<FaultyStore>, folder: &Path, options: PlaceOptions) -> Self {
        let settings = Settings::from_env(&|_| None).unwrap();
        let store: Arc<dyn Store> = faulty.clone();
        let live: Live = Arc::new(ArcSwap::from_pointee(options.snapshot()));
        let sandbox = Sandbox::new(SandboxSettings::default()).unwrap();
        let environment = Arc::new(PanicsAtFirst {
            runs: AtomicUsize::new(0),
            panics: options.panics,
        });
        let host = HostId::random();
        let (events, _) = Events::new(host.clone());
        let storages = StorageContext {
            redis_url: None,
            data_dir: folder.to_owned(),
            secrets: Arc::new(|_| None),
        };
        let runner = ChainRunner {
            sandbox: sandbox.clone(),
            store: store.clone(),
            documents: Arc::new(Documents::new(store.clone(), live.clone(), &settings)),
            secrets: Arc::new(Secrets::default()),
            environment: environment.clone(),
            guest_metrics: Arc::new(NoMetrics),
            stats: LinkStats::default(),
            egress: EgressFormat::default(),
            // Longer than a test: only the worker itself cuts a save off.
            save_policy: SavePolicy {
                timeout: LEASE,
                ..SavePolicy::default()
            },
            events: events.clone(),
            registry: Arc::new(Registry::new(sandbox, storages, store.clone())),
            host: host.clone(),
            trails: false,
        };
        let settings = WorkerSettings {
            concurrency: options.concurrency,
            lease: options.lease,
            max_lost_leases: 5,
            drain: PATIENCE,
            chains: options
                .served
                .iter()
                .map(|name| ChainName::new(*name).unwrap())
                .collect(),
        };
        let worker = Worker::new(store.clone(), live, Arc::new(runner), settings, host, events.clone());
        Self {
            store,
            faulty,
            worker,
            environment,
            events,
        }
    }

    fn runs(&self) -> usize {
        self.environment.runs.load(Ordering::SeqCst)
    }

    /// Works until `out` has this many entries, then stops and drains.
    async fn work_until_out_has(&self, depth: u64) {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(self.worker.clone().run(stop.clone()));
        let end = Instant::now() + PATIENCE;
        while self.store.depth(&list("out")).await.unwrap() < depth {
            let runs = self.environment.runs.load(Ordering::SeqCst);
            assert!(
                Instant::now() < end,
                "work has stopped after {runs} runs: a run that panicked keeps its lease"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        worker.await.unwrap();
    }

    async fn entries(&self, name: &str) -> Vec<String> {
        self.store.entries(&list(name), 0, 100).await.unwrap()
    }
}

fn ids(names: &[&str]) -> Vec<VconId> {
    names.iter().map(|name| VconId::new(name).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_whose_runs_panic_becomes_a_dead_letter_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), 5);
    put(&place, "in", &["bad", "good", "other"]).await;
    place.work_until_out_has(2).await;
    assert_eq!(
        place.entries("out").await,
        ["good", "other"],
        "entries after the one whose runs panic have to go on"
    );
    let dead = place.store.dead_letters(&list("in"), 0, 10).await.unwrap();
    let dead: Vec<_> = dead
        .iter()
        .map(|letter| {
            (
                letter.vcon.as_str(),
                letter.record.as_ref().map(|record| record.class.as_str()),
            )
        })
        .collect();
    assert_eq!(dead, [("bad", Some("lost-lease"))], "five panics are five lost leases");
    assert_eq!(
        place.environment.runs.load(Ordering::SeqCst),
        7,
        "five runs that panic, two that do not"
    );
    assert!(place.entries("in").await.is_empty(), "an entry is still on its list");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_panics_once_leaves_neither_claim_nor_permit_nor_run_behind() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), 1);
    put(&place, "in", &["a", "b"]).await;
    place.work_until_out_has(2).await;
    assert_eq!(
        place.entries("out").await,
        ["a", "b"],
        "the entry goes back to the head of its list"
    );
    let claims = place.store.claims(&list("in")).await.unwrap();
    assert!(claims.is_empty(), "claims are left: {claims:?}");
    assert_eq!(
        place.worker.permits.available_permits(),
        1,
        "a permit was not given back"
    );
    assert_eq!(place.worker.in_flight(), 0, "a run counts as in flight that is over");
    assert!(place.store.dead_letters(&list("in"), 0, 1).await.unwrap().is_empty());
}

/// Classes of the dead letters of `in`, with their ids.
async fn dead(place: &Place) -> Vec<(String, String)> {
    let letters = place.faulty.real().dead_letters(&list("in"), 0, 10).await.unwrap();
    letters
        .into_iter()
        .map(|letter| {
            (
                letter.vcon.to_string(),
                letter.record.map(|record| record.class).unwrap_or_default(),
            )
        })
        .collect()
}

/// Works until the store has been asked this often for a step, then stops and drains.
async fn work_until_called(place: &Place, step: &'static str, times: usize) {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(place.worker.clone().run(stop.clone()));
    let called = place.faulty.until_called(step, times);
    tokio::time::timeout(PATIENCE, called)
        .await
        .unwrap_or_else(|_| panic!("{step} was not called {times} times"));
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_whose_end_the_store_refuses_becomes_a_dead_letter_after_three_tries() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), 0);
    put(&place, "in", &["a"]).await;
    place.faulty.fail("finish", Fault::Refused);
    work_until_called(&place, "fail", 1).await;
    assert_eq!(dead(&place).await, [("a".to_owned(), "store".to_owned())]);
    assert_eq!(place.faulty.calls("finish"), 3, "tries before the dead letter");
    assert_eq!(
        place.faulty.calls("hand_back"),
        0,
        "it would be claimed and refused again"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_can_not_become_a_dead_letter_keeps_its_claim_until_the_lease_runs_out() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), 0);
    put(&place, "in", &["a"]).await;
    place.faulty.fail("finish", Fault::Refused);
    place.faulty.fail("fail", Fault::Refused);
    work_until_called(&place, "fail", 1).await;
    assert_eq!(
        place.faulty.calls("hand_back"),
        0,
        "it would be claimed and refused again"
    );
    let claims = place.faulty.real().claims(&list("in")).await.unwrap();
    assert_eq!(claims.len(), 1, "the entry is neither lost nor in a loop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_whose_claims_are_refused_is_tried_after_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), 0);
    put(&place, "in", &["a"]).await;
    place.faulty.fail("claim", Fault::Refused);
    let begun = Instant::now();
    work_until_called(&place, "claim", 3).await;
    // Two pauses of a second. A slow machine makes it longer, never shorter.
    assert!(
        begun.elapsed() >= Duration::from_millis(1_900),
        "claims follow without a pause"
    );
    place.faulty.mend();
}
