//! The file and the store's copy, with a store that can be watched, broken and raced.
//!
//! Where nothing may happen, a test waits for several checks of the watch. The clock is paused, so
//! they take no time.

use tempfile::TempDir;

use super::*;
use crate::snapshot::Snapshot;
use crate::testing::{TestHost, TestStore, lifetimes, on_both};
use vconduit_admin_types::HostProblem;
use vconduit_config::{Config, Written};
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
        let store = SqliteStore::open(folder.path(), lifetimes()).unwrap();
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

    /// A host that has started and follows its file and the store.
    async fn watch(&self) -> Watching {
        let source = self.source();
        let started = source.start().await.unwrap();
        let host = TestHost::begin(self.store.clone(), started).await;
        let watch = tokio::spawn(source.watch(host.follower.clone()));
        Watching { host, watch }
    }

    /// The store's copy now.
    async fn copy(&self) -> (ConfigRevision, ConfigEntries) {
        self.store.real().load_config().await.unwrap()
    }

    /// Saved by another host.
    async fn put(&self, entries: ConfigEntries) -> ConfigRevision {
        save(self.store.real(), &entries).await
    }

    /// Waits for several looks of the watch, none of which may find a change.
    async fn assert_quiet(&self, host: &Watching) {
        // A check that has something to save loads the whole copy first. Any other check loads its
        // revision only.
        for _ in 0..LOOKS {
            tokio::select! {
                () = self.store.until_called("config_revision", 1) => {}
                () = self.store.until_called("load_config", 1) => {}
            }
        }
        assert!(!host.host.results.has_changed().unwrap(), "something came");
    }
}

/// A host with its watch, which ends with this value.
struct Watching {
    host: TestHost,
    watch: tokio::task::JoinHandle<()>,
}

impl Watching {
    /// Waits for the result of the next activation.
    async fn next_result(&mut self) -> Result<Arc<Snapshot>, HostProblem> {
        self.host.results.changed().await.expect("the watch goes on");
        let problem = self.host.results.borrow_and_update().clone();
        problem.map_or_else(|| Ok(self.host.live.load_full()), Err)
    }

    async fn next(&mut self) -> Arc<Snapshot> {
        self.next_result().await.expect("it can be used")
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Enough checks to see that a file no longer changes, to save it and to follow the store, and one
/// that may have begun before.
const LOOKS: usize = 6;

async fn save(store: &dyn Store, entries: &ConfigEntries) -> ConfigRevision {
    store.save_config(entries, None, None).await.unwrap().unwrap()
}

fn chain(name: &str) -> String {
    format!("chains:\n  {name}: {{links: [], ingress_lists: [in]}}\n")
}

fn entries(text: &str) -> ConfigEntries {
    to_entries(&config_reader(Vec::new()).text(text, "other.yml").written)
}

fn names(config: &Config) -> Vec<&str> {
    config.chains.keys().map(AsRef::as_ref).collect()
}

#[tokio::test]
async fn the_file_goes_into_an_empty_store_once() {
    let scene = Scene::new(&chain("a"));
    let first = scene.start().await;
    assert_eq!(
        (names(&first.config), first.revision),
        (vec!["a"], scene.copy().await.0)
    );
    let second = scene.start().await;
    assert_eq!(second.revision, first.revision, "the same file was saved again");
    scene.write(&chain("b"));
    let third = scene.start().await;
    assert_eq!(
        (names(&third.config), third.revision),
        (vec!["b"], scene.copy().await.0)
    );
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
    assert_eq!(
        names(&scene.start().await.config),
        ["by_api"],
        "a restart has undone a change"
    );
    scene.write(&chain("b"));
    assert_eq!(names(&scene.start().await.config), ["b"], "a new file was not taken");
}

#[tokio::test]
async fn two_hosts_starting_at_once_end_on_the_same() {
    let scene = Scene::new(&chain("a"));
    let store = scene.store.clone();
    scene.store.before_next("save_config", async move {
        save(store.real(), &entries(&chain("rival"))).await;
    });
    let loaded = scene.start().await;
    assert_eq!(names(&loaded.config), ["rival"]);
    let (revision, copy) = scene.copy().await;
    assert_eq!(
        (loaded.revision, copy),
        (revision, entries(&chain("rival"))),
        "the hosts fight"
    );
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
    let mut host = scene.watch().await;
    scene.assert_quiet(&host).await;
    scene.write(&chain("b"));
    let changed = host.next().await;
    let (revision, copy) = scene.copy().await;
    assert_eq!((names(&changed.config), changed.revision), (vec!["b"], revision));
    assert_eq!(store_copy::configured(&copy), entries(&chain("b")));
    // Touched but the same: nothing happens.
    scene.write(&chain("b"));
    scene.assert_quiet(&host).await;
    assert_eq!(scene.store.calls("save_config"), 2, "the same file was saved again");
}

#[tokio::test(start_paused = true)]
async fn a_broken_or_half_written_file_changes_nothing() {
    let scene = Scene::new(&chain("a"));
    let mut host = scene.watch().await;
    let (before, _) = scene.copy().await;
    for broken in [
        "",
        "chains:\n  b: {links: [",
        "chains:\n  b: {links: [gone], ingress_lists: [i]}\n",
    ] {
        scene.write(broken);
        scene.assert_quiet(&host).await;
    }
    std::fs::remove_file(scene.file()).unwrap();
    scene.assert_quiet(&host).await;
    assert_eq!(scene.copy().await.0, before, "a broken file was saved");
    scene.write(&chain("b"));
    assert_eq!(names(&host.next().await.config), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_store_is_taken_if_it_is_good() {
    let scene = Scene::new(&chain("a"));
    let mut host = scene.watch().await;
    let revision = scene.put(entries(&chain("other"))).await;
    let changed = host.next().await;
    assert_eq!((names(&changed.config), changed.revision), (vec!["other"], revision));
    let revision = scene.put(vec![("chains:x".to_owned(), "{".to_owned())]).await;
    let broken = host.next_result().await.err().expect("it can't be used");
    assert!(
        broken.revision == revision && broken.reason.contains("chains:x"),
        "{broken:?}"
    );
    assert_eq!(host.host.chains(), ["other"], "a broken copy stopped the chains");
    scene.put(to_entries(&Written::new())).await;
    assert!(
        host.next().await.config.chains.is_empty(),
        "an empty copy was not taken"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_made_while_the_store_is_away_is_not_lost() {
    let scene = Scene::new(&chain("a"));
    let mut host = scene.watch().await;
    scene.store.fail_all(Fault::Unavailable);
    scene.write(&chain("b"));
    scene.assert_quiet(&host).await;
    scene.store.mend();
    assert_eq!(names(&host.next().await.config), ["b"]);
}

/// A file in place on a running host is an order of its operator, whatever was taken before.
#[tokio::test(start_paused = true)]
async fn a_file_that_goes_back_while_a_host_runs_is_taken() {
    let scene = Scene::new(&chain("a"));
    let mut host = scene.watch().await;
    for name in ["b", "a", "b"] {
        scene.write(&chain(name));
        assert_eq!(names(&host.next().await.config), [name]);
    }
}

on_both!(
    a_restart_with_an_older_file_leaves_the_newer_configuration,
    an_older_file_takes_the_place_of_a_broken_copy
);

/// Starts a host with this text in its file.
async fn start_with(store: &TestStore, text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yml");
    std::fs::write(&file, text).unwrap();
    ConfigSource::new(file, store.store.clone()).start().await.unwrap()
}

/// Pods of two generations: a pod of the older one restarts while the newer one is rolled out.
async fn a_restart_with_an_older_file_leaves_the_newer_configuration(store: TestStore) {
    assert_eq!(names(&start_with(&store, &chain("v1")).await.config), ["v1"]);
    let newer = start_with(&store, &chain("v2")).await;
    assert_eq!(names(&newer.config), ["v2"]);
    let restarted = start_with(&store, &chain("v1")).await;
    assert_eq!(names(&restarted.config), ["v2"], "an old file went over a newer one");
    assert_eq!(restarted.revision, newer.revision, "something was saved");
    assert_eq!(names(&start_with(&store, &chain("v3")).await.config), ["v3"]);
    for old in ["v1", "v2"] {
        let restarted = start_with(&store, &chain(old)).await;
        assert_eq!(names(&restarted.config), ["v3"], "{old} went over v3");
    }
}

async fn an_older_file_takes_the_place_of_a_broken_copy(store: TestStore) {
    start_with(&store, &chain("v1")).await;
    start_with(&store, &chain("v2")).await;
    let (_, mut copy) = store.store.load_config().await.unwrap();
    copy.push(("chains:x".to_owned(), "{".to_owned()));
    save(store.store.as_ref(), &copy).await;
    assert_eq!(names(&start_with(&store, &chain("v1")).await.config), ["v1"]);
}
