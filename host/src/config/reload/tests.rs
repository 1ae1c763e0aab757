//! The file and the store's copy, with a store that can be watched, broken and raced.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::time::{Duration, timeout};

use super::*;
use crate::config::{Written, read};

#[derive(Default)]
struct State {
    revision: u64,
    entries: ConfigEntries,
    saves: usize,
    /// Saved by another host between the next load and the save after it.
    rival: Option<ConfigEntries>,
}

#[derive(Default)]
struct Memory {
    state: Mutex<State>,
    away: AtomicBool,
}

impl Memory {
    fn put(&self, entries: ConfigEntries) {
        let mut state = self.state.lock().unwrap();
        state.revision += 1;
        state.entries = entries;
    }

    fn answer(&self) -> Result<std::sync::MutexGuard<'_, State>, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Away("test".to_owned()));
        }
        Ok(self.state.lock().unwrap())
    }
}

#[async_trait]
impl Copies for Arc<Memory> {
    async fn load(&self) -> Result<(u64, ConfigEntries), StoreError> {
        let state = self.answer()?;
        Ok((state.revision, state.entries.clone()))
    }

    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: u64,
        _: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        let mut state = self.answer()?;
        if let Some(rival) = state.rival.take() {
            state.entries = rival;
            state.revision += 1;
        }
        if state.revision != expected {
            return Ok(Err(state.revision));
        }
        state.entries = entries.clone();
        state.revision += 1;
        state.saves += 1;
        Ok(Ok(state.revision))
    }

    async fn revision(&self) -> Result<u64, StoreError> {
        Ok(self.answer()?.revision)
    }
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vconduit-reload-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("c.yml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn chain(name: &str) -> String {
    format!("chains:\n  {name}: {{links: [], ingress_lists: [in]}}\n")
}

fn entries(text: &str) -> ConfigEntries {
    to_entries(&read(text, "other.yml").written)
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.config.chains.keys().map(AsRef::as_ref).collect()
}

async fn next_change(changes: &mut mpsc::Receiver<Change>) -> Change {
    timeout(Duration::from_secs(10), changes.recv())
        .await
        .expect("nothing came")
        .expect("the watch ended")
}

async fn next(changes: &mut mpsc::Receiver<Change>) -> Loaded {
    next_change(changes).await.expect("it can be used")
}

async fn assert_quiet(changes: &mut mpsc::Receiver<Change>) {
    assert!(timeout(PAUSES, changes.recv()).await.is_err(), "something came");
}

/// Enough for several looks.
const PAUSES: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn the_file_goes_into_an_empty_store_once() {
    let (folder, store) = (Folder::new("start"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let first = ConfigSource::new(folder.file(), store.clone()).start().await.unwrap();
    assert_eq!((names(&first), first.revision), (vec!["a"], 1));
    let second = ConfigSource::new(folder.file(), store.clone()).start().await.unwrap();
    assert_eq!(second.revision, 1, "the same file was saved again");
    folder.write(&chain("b"));
    let third = ConfigSource::new(folder.file(), store.clone()).start().await.unwrap();
    assert_eq!((names(&third), third.revision), (vec!["b"], 2));
    assert_eq!(store.state.lock().unwrap().saves, 2);
}

#[tokio::test]
async fn a_start_with_the_file_that_was_taken_leaves_alone_what_the_api_changed() {
    let (folder, store) = (Folder::new("api"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let start = async || ConfigSource::new(folder.file(), store.clone()).start().await.unwrap();
    start().await;
    let present = store.state.lock().unwrap().entries.clone();
    store.put(store_copy::beside(entries(&chain("by_api")), &present));
    assert_eq!(names(&start().await), ["by_api"], "a restart has undone a change");
    folder.write(&chain("b"));
    assert_eq!(names(&start().await), ["b"], "a new file was not taken");
}

#[tokio::test]
async fn two_hosts_starting_at_once_end_on_the_same() {
    let (folder, store) = (Folder::new("race"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    store.state.lock().unwrap().rival = Some(entries(&chain("rival")));
    let loaded = ConfigSource::new(folder.file(), store.clone()).start().await.unwrap();
    assert_eq!((names(&loaded), loaded.revision), (vec!["rival"], 1));
    assert_eq!(store.state.lock().unwrap().saves, 0, "the hosts fight");
}

#[tokio::test]
async fn a_start_needs_a_good_file_and_the_store() {
    let (folder, store) = (Folder::new("bad"), Arc::new(Memory::default()));
    let start = || ConfigSource::new(folder.file(), store.clone());
    assert!(matches!(start().start().await, Err(LoadError::Unreadable(_))));
    folder.write("chains:\n  a: {links: [gone], ingress_lists: [i]}\n");
    let error = start().start().await.unwrap_err().to_string();
    assert!(error.contains("c.yml:2:") && error.contains("`gone`"), "{error}");
    folder.write(&chain("a"));
    store.away.store(true, Ordering::SeqCst);
    assert!(matches!(start().start().await, Err(LoadError::Store(_))));
}

#[tokio::test]
async fn a_changed_file_reaches_the_store_and_the_host() {
    let (folder, store) = (Folder::new("change"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let source = ConfigSource::new(folder.file(), store.clone());
    let started = source.start().await.unwrap();
    let mut changes = source.watch(started.revision);
    assert_quiet(&mut changes).await;
    folder.write(&chain("b"));
    let changed = next(&mut changes).await;
    assert_eq!((names(&changed), changed.revision), (vec!["b"], 2));
    let copy = store.state.lock().unwrap().entries.clone();
    assert_eq!(store_copy::configured(&copy), entries(&chain("b")));
    // Touched but the same: nothing happens.
    folder.write(&chain("b"));
    assert_quiet(&mut changes).await;
    assert_eq!(store.state.lock().unwrap().saves, 2);
}

#[tokio::test]
async fn a_broken_or_half_written_file_changes_nothing() {
    let (folder, store) = (Folder::new("broken"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let source = ConfigSource::new(folder.file(), store.clone());
    let started = source.start().await.unwrap();
    let mut changes = source.watch(started.revision);
    for broken in [
        "",
        "chains:\n  b: {links: [",
        "chains:\n  b: {links: [gone], ingress_lists: [i]}\n",
    ] {
        folder.write(broken);
        assert_quiet(&mut changes).await;
    }
    std::fs::remove_file(folder.file()).unwrap();
    assert_quiet(&mut changes).await;
    assert_eq!(store.state.lock().unwrap().revision, 1);
    folder.write(&chain("b"));
    assert_eq!(names(&next(&mut changes).await), ["b"]);
}

#[tokio::test]
async fn a_change_of_the_store_is_taken_if_it_is_good() {
    let (folder, store) = (Folder::new("store"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let source = ConfigSource::new(folder.file(), store.clone());
    let started = source.start().await.unwrap();
    let mut changes = source.watch(started.revision);
    store.put(entries(&chain("other")));
    let changed = next(&mut changes).await;
    assert_eq!((names(&changed), changed.revision), (vec!["other"], 2));
    store.put(vec![("chains:x".to_owned(), "{".to_owned())]);
    let broken = next_change(&mut changes).await.expect_err("it can't be used");
    assert!(broken.revision == 3 && broken.reason.contains("chains:x"), "{broken:?}");
    store.put(to_entries(&Written::new()));
    assert!(next(&mut changes).await.config.chains.is_empty());
}

#[tokio::test]
async fn a_change_made_while_the_store_is_away_is_not_lost() {
    let (folder, store) = (Folder::new("away"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let source = ConfigSource::new(folder.file(), store.clone());
    let started = source.start().await.unwrap();
    let mut changes = source.watch(started.revision);
    store.away.store(true, Ordering::SeqCst);
    folder.write(&chain("b"));
    assert_quiet(&mut changes).await;
    store.away.store(false, Ordering::SeqCst);
    assert_eq!(names(&next(&mut changes).await), ["b"]);
}

#[tokio::test]
async fn the_watch_ends_with_its_receiver() {
    let (folder, store) = (Folder::new("end"), Arc::new(Memory::default()));
    folder.write(&chain("a"));
    let source = ConfigSource::new(folder.file(), store.clone());
    let started = source.start().await.unwrap();
    drop(source.watch(started.revision));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(Arc::strong_count(&store), 1);
}
