//! The retry worker, over a store in a file, by a clock that only the test moves.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use async_trait::async_trait;

use super::*;
use crate::documents::Documents;
use crate::snapshot::{Live, Snapshot};
use vcon_document::VconId;
use vconduit_base::names::ListName;
use vconduit_config::Settings;
use vconduit_storage::{Abilities, Saved, Storage, StorageError};
use vconduit_store::sqlite::SqliteStore;
use vconduit_store::{ErrorRecord, HostLock, NewDocument};
use vconduit_test_support::{Fault, FaultyStore};

const PERIOD: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(3600 * 24);
/// Real time that a test waits for an event that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A storage that can fail.
#[derive(Default)]
struct Shelf {
    is_broken: AtomicBool,
    hangs: AtomicBool,
    /// Ids of all saves, also of those that failed.
    saves: Mutex<Vec<String>>,
}

#[async_trait]
impl Storage for Shelf {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: false,
            delete: false,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        self.saves.lock().unwrap().push(saved.id.to_string());
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(StorageError::Permanent("broken".to_owned()));
        }
        Ok(())
    }

    async fn get(&self, _: &VconId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn delete(&self, _: &VconId) -> Result<bool, StorageError> {
        Ok(false)
    }
}

/// A retry worker at work on one storage.
struct Scene {
    store: Arc<FaultyStore>,
    shelf: Arc<Shelf>,
    _folder: tempfile::TempDir,
    /// Keeps the clock from moving by itself while the threads of the store work.
    _held: std::sync::mpsc::Sender<()>,
}

impl Scene {
    async fn new(is_broken: bool, letters: &[&str]) -> Self {
        let (held, release) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || release.recv());
        let settings = Settings::from_env(&|_| None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = FaultyStore::over(SqliteStore::open(folder.path(), settings.lifetimes).unwrap());
        let shelf = Arc::new(Shelf::default());
        shelf.is_broken.store(is_broken, Ordering::SeqCst);
        let mut snapshot = Snapshot::default();
        let storage = StorageName::new("s").unwrap();
        snapshot.storages.insert(storage, shelf.clone());
        let live: Live = Arc::new(ArcSwap::from_pointee(snapshot));
        let documents = Arc::new(Documents::new(store.clone(), live.clone(), &settings));
        let scene = Self {
            store: store.clone(),
            shelf,
            _folder: folder,
            _held: held,
        };
        for letter in letters {
            scene.put(letter).await;
            scene.bury(letter).await;
        }
        let letters = StorageLetters::new(store, documents, live, &settings);
        tokio::spawn(StorageRetry::new(Arc::new(letters), PERIOD).run());
        tokio::task::yield_now().await;
        scene
    }

    async fn put(&self, name: &str) {
        let document = NewDocument {
            id: VconId::new(name).unwrap(),
            text: format!(r#"{{"uuid":"{name}"}}"#).into(),
            created_at_s: None,
            index: Vec::new(),
            push_to: Vec::new(),
            context: None,
        };
        self.store.real().put(document).await.unwrap();
    }

    async fn bury(&self, name: &str) {
        let list = ListName::new("DLQ:storage:s").unwrap();
        let record = ErrorRecord {
            chain: None,
            link: None,
            version: None,
            class: "storage".to_owned(),
            message: "it failed".to_owned(),
            attempts: 1,
            current: None,
            at_ms: 0,
        };
        let id = VconId::new(name).unwrap();
        self.store.real().dead_letter(&list, &id, &record).await.unwrap();
    }

    async fn letters(&self) -> Vec<String> {
        let list = ListName::new("DLQ:storage:s").unwrap();
        self.store.real().entries(&list, 0, 1000).await.unwrap()
    }

    /// Moves the clock to just before the next round, checks that none has begun, then runs it.
    /// `step` is the last call of the store in a round.
    async fn round_after(&self, pause: Duration, step: &'static str) {
        let (begun, ended) = (self.store.calls("depth"), self.store.calls(step));
        tokio::time::advance(pause - Duration::from_secs(1)).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.store.calls("depth"), begun, "a round before {pause:?} were over");
        tokio::time::advance(Duration::from_secs(2)).await;
        let end = std::time::Instant::now() + PATIENCE;
        while self.store.calls(step) == ended {
            assert!(std::time::Instant::now() < end, "no round after {pause:?}");
            tokio::task::yield_now().await;
        }
        // The worker plans its next round without further calls of the store.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    fn saves(&self) -> Vec<String> {
        std::mem::take(&mut self.shelf.saves.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn letters_are_saved_once_the_storage_works_and_rounds_become_rarer_until_then() {
    let scene = Scene::new(true, &["a", "b"]).await;
    for periods in [1, 1, 2, 4, 8, 16, 32, 60, 60] {
        scene.round_after(PERIOD * periods, "unlock").await;
        assert_eq!(scene.saves(), ["a"], "a round stops at its first failure");
        assert_eq!(scene.letters().await, ["a", "b"], "a letter without a save is removed");
    }
    scene.shelf.is_broken.store(false, Ordering::SeqCst);
    scene.round_after(PERIOD * 60, "unlock").await;
    assert_eq!(scene.saves(), ["a", "b"], "the oldest comes first");
    assert!(scene.letters().await.is_empty(), "letters stay after their save");
    // After a success the pauses begin anew.
    scene.put("c").await;
    scene.bury("c").await;
    scene.round_after(PERIOD, "unlock").await;
    assert_eq!(scene.saves(), ["c"]);
}

#[tokio::test(start_paused = true)]
async fn one_round_takes_all_letters_a_hundred_at_a_time() {
    let names: Vec<String> = (0..250).map(|number| format!("v{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let scene = Scene::new(false, &names).await;
    let (locked, end) = (scene.store.calls("unlock"), std::time::Instant::now() + PATIENCE);
    tokio::time::advance(PERIOD + Duration::from_secs(1)).await;
    while !scene.letters().await.is_empty() {
        assert!(std::time::Instant::now() < end, "letters stay");
        tokio::task::yield_now().await;
    }
    while scene.store.calls("unlock") < locked + 3 {
        assert!(std::time::Instant::now() < end, "the lock was not released between");
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.saves(), names);
}

#[tokio::test(start_paused = true)]
async fn a_letter_without_a_document_stays_and_does_not_block_the_others() {
    let scene = Scene::new(false, &[]).await;
    scene.bury("lost").await;
    scene.put("a").await;
    scene.bury("a").await;
    scene.round_after(PERIOD, "unlock").await;
    assert_eq!(
        (scene.saves(), scene.letters().await),
        (vec!["a".to_owned()], vec!["lost".to_owned()])
    );
    // Nothing is new, so its document is not looked for in each round.
    let reads = scene.store.calls("get");
    scene.round_after(PERIOD, "depth").await;
    assert_eq!(scene.store.calls("get"), reads);
    scene.put("b").await;
    scene.bury("b").await;
    scene.round_after(PERIOD, "unlock").await;
    assert_eq!(
        scene.saves(),
        ["b"],
        "a new letter waits for the one without a document"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_saved_while_another_replay_runs() {
    let scene = Scene::new(false, &["a"]).await;
    let other = HostLock::new("storage-replay:s");
    assert!(scene.store.real().lock(&other, LEASE).await.unwrap());
    scene.round_after(PERIOD, "lock").await;
    assert!(scene.saves().is_empty(), "two replays of one storage");
    scene.store.real().unlock(&other).await.unwrap();
    scene.round_after(PERIOD, "unlock").await;
    assert_eq!(scene.saves(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_replay_holds_its_lock_and_ends_when_it_can_not_renew_it() {
    let scene = Scene::new(false, &["a"]).await;
    let (store, other) = (&scene.store, HostLock::new("storage-replay:s"));
    scene.shelf.hangs.store(true, Ordering::SeqCst);
    seconds(61).await;
    let end = std::time::Instant::now() + PATIENCE;
    while scene.shelf.saves.lock().unwrap().is_empty() {
        assert!(std::time::Instant::now() < end, "no save begins");
        tokio::task::yield_now().await;
    }
    seconds(20).await;
    let is_taken = store.real().lock(&other, LEASE).await.unwrap();
    assert!(!is_taken, "the lock was not renewed for longer than its lease");
    assert_eq!(store.calls("unlock"), 0, "a replay has ended that holds its lock");
    store.fail("lock", Fault::Unavailable);
    // The last renewal was at most 5 s ago, and lasts 15 s. Nobody can have the lock before.
    seconds(13).await;
    assert!(store.calls("unlock") > 0, "a replay goes on without its lock");
    assert_eq!(scene.letters().await, ["a"]);
}

/// Moves the clock second by second, so that each timer runs at its time.
async fn seconds(count: u32) {
    for _ in 0..count {
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}
