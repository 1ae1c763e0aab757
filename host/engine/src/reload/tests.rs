//! The file and the store's copy, with a store that can be watched, broken and raced.
//!
//! Where nothing may happen, a test waits for several checks of the watch. The clock is paused, so
//! they take no time.

use tempfile::TempDir;
use tokio::sync::mpsc::error::TryRecvError;

use super::*;
use vconduit_config::{Settings, Written};
use vconduit_store::sqlite::SqliteStore;
use vconduit_test_support::{Fault, FaultyStore};

/// The file of one host, and the store of all hosts.
struct Scene {
    folder: TempDir,
    store: Arc<FaultyStore>,
}

impl Scene {
    /// With this text in the file.
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
        let store = SqliteStore::open(folder.path(), lifetimes).unwrap();
        let scene = Self {
            folder,
            store: FaultyStore::over(store),
        };
        scene.write(text);
        scene
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("c.yml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    fn source(&self) -> ConfigSource {
        ConfigSource::new(self.file(), self.store.clone() as Arc<dyn Store>)
    }

    /// The configuration of a host that starts.
    async fn start(&self) -> Loaded {
        self.source().start().await.unwrap()
    }

    /// The changes that a host receives after its start.
    async fn watch(&self) -> mpsc::Receiver<Change> {
        let source = self.source();
        let started = source.start().await.unwrap();
        source.watch(started.revision)
    }

    /// The store's copy now.
    async fn copy(&self) -> (u64, ConfigEntries) {
        self.store.real().load_config().await.unwrap()
    }

    /// Saved by another host.
    async fn put(&self, entries: ConfigEntries) {
        save(self.store.real(), &entries).await;
    }

    /// Waits for several looks of the watch, none of which may find a change.
    async fn assert_quiet(&self, changes: &mut mpsc::Receiver<Change>) {
        // A check that has something to save loads the whole copy first. Any other check loads its
        // revision only.
        for _ in 0..LOOKS {
            tokio::select! {
                () = self.store.until_called("config_revision", 1) => {}
                () = self.store.until_called("load_config", 1) => {}
            }
        }
        assert_eq!(changes.try_recv().unwrap_err(), TryRecvError::Empty, "something came");
    }
}

/// Enough checks to see that a file no longer changes, to save it and to follow the store, and one
/// that may have begun before.
const LOOKS: usize = 6;

async fn save(store: &dyn Store, entries: &ConfigEntries) {
    store.save_config(entries, None, None).await.unwrap().unwrap();
}

fn chain(name: &str) -> String {
    format!("chains:\n  {name}: {{links: [], ingress_lists: [in]}}\n")
}

fn entries(text: &str) -> ConfigEntries {
    to_entries(&config_reader(Vec::new()).text(text, "other.yml").written)
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.config.chains.keys().map(AsRef::as_ref).collect()
}

async fn next_change(changes: &mut mpsc::Receiver<Change>) -> Change {
    changes.recv().await.expect("the watch goes on")
}

async fn next(changes: &mut mpsc::Receiver<Change>) -> Loaded {
    next_change(changes).await.expect("it can be used")
}

#[tokio::test]
async fn the_file_goes_into_an_empty_store_once() {
    let scene = Scene::new(&chain("a"));
    let first = scene.start().await;
    assert_eq!((names(&first), first.revision), (vec!["a"], 1));
    let second = scene.start().await;
    assert_eq!(second.revision, 1, "the same file was saved again");
    scene.write(&chain("b"));
    let third = scene.start().await;
    assert_eq!((names(&third), third.revision), (vec!["b"], 2));
    assert_eq!(scene.store.calls("save_config"), 2, "a file was not saved once");
}

#[tokio::test]
async fn a_start_with_the_file_that_was_taken_leaves_alone_what_the_api_changed() {
    let scene = Scene::new(&chain("a"));
    scene.start().await;
    let (_, present) = scene.copy().await;
    scene
        .put(store_copy::with_own_entries(entries(&chain("by_api")), &present))
        .await;
    assert_eq!(names(&scene.start().await), ["by_api"], "a restart has undone a change");
    scene.write(&chain("b"));
    assert_eq!(names(&scene.start().await), ["b"], "a new file was not taken");
}

#[tokio::test]
async fn two_hosts_starting_at_once_end_on_the_same() {
    let scene = Scene::new(&chain("a"));
    let store = scene.store.clone();
    scene.store.before_next("save_config", async move {
        save(store.real(), &entries(&chain("rival"))).await;
    });
    let loaded = scene.start().await;
    assert_eq!((names(&loaded), loaded.revision), (vec!["rival"], 1));
    assert_eq!(scene.copy().await.0, 1, "the hosts fight");
}

#[tokio::test]
async fn a_start_needs_a_good_file_and_the_store() {
    let scene = Scene::new("chains:\n  a: {links: [gone], ingress_lists: [i]}\n");
    let error = scene.source().start().await.unwrap_err().to_string();
    assert!(error.contains("c.yml:2:") && error.contains("`gone`"), "{error}");
    std::fs::remove_file(scene.file()).unwrap();
    assert!(matches!(scene.source().start().await, Err(LoadError::Unreadable(_))));
    scene.write(&chain("a"));
    scene.store.fail_all(Fault::Unavailable);
    assert!(matches!(scene.source().start().await, Err(LoadError::Store(_))));
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_reaches_the_store_and_the_host() {
    let scene = Scene::new(&chain("a"));
    let mut changes = scene.watch().await;
    scene.assert_quiet(&mut changes).await;
    scene.write(&chain("b"));
    let changed = next(&mut changes).await;
    assert_eq!((names(&changed), changed.revision), (vec!["b"], 2));
    let (_, copy) = scene.copy().await;
    assert_eq!(store_copy::configured(&copy), entries(&chain("b")));
    // Touched but the same: nothing happens.
    scene.write(&chain("b"));
    scene.assert_quiet(&mut changes).await;
    assert_eq!(scene.store.calls("save_config"), 2, "the same file was saved again");
}

#[tokio::test(start_paused = true)]
async fn a_broken_or_half_written_file_changes_nothing() {
    let scene = Scene::new(&chain("a"));
    let mut changes = scene.watch().await;
    for broken in [
        "",
        "chains:\n  b: {links: [",
        "chains:\n  b: {links: [gone], ingress_lists: [i]}\n",
    ] {
        scene.write(broken);
        scene.assert_quiet(&mut changes).await;
    }
    std::fs::remove_file(scene.file()).unwrap();
    scene.assert_quiet(&mut changes).await;
    assert_eq!(scene.copy().await.0, 1, "a broken file was saved");
    scene.write(&chain("b"));
    assert_eq!(names(&next(&mut changes).await), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_store_is_taken_if_it_is_good() {
    let scene = Scene::new(&chain("a"));
    let mut changes = scene.watch().await;
    scene.put(entries(&chain("other"))).await;
    let changed = next(&mut changes).await;
    assert_eq!((names(&changed), changed.revision), (vec!["other"], 2));
    scene.put(vec![("chains:x".to_owned(), "{".to_owned())]).await;
    let broken = next_change(&mut changes).await.expect_err("it can't be used");
    assert!(broken.revision == 3 && broken.reason.contains("chains:x"), "{broken:?}");
    scene.put(to_entries(&Written::new())).await;
    assert!(
        next(&mut changes).await.config.chains.is_empty(),
        "an empty copy was not taken"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_made_while_the_store_is_away_is_not_lost() {
    let scene = Scene::new(&chain("a"));
    let mut changes = scene.watch().await;
    scene.store.fail_all(Fault::Unavailable);
    scene.write(&chain("b"));
    scene.assert_quiet(&mut changes).await;
    scene.store.mend();
    assert_eq!(names(&next(&mut changes).await), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn the_watch_ends_with_its_receiver() {
    let scene = Scene::new(&chain("a"));
    let others = Arc::strong_count(&scene.store);
    drop(scene.watch().await);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(Arc::strong_count(&scene.store), others, "the watch goes on");
}
