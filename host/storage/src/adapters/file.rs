//! Files below a folder (`spec/storages.md` §3.1).
//!
//! Guarantee: a reader sees the old file or the new one, whole; a save that answered `Ok` is on the disk (file and folders synced). There
//! is one file per vCon; where several hosts share the folder an older one may stay for a while, and reads take the newest. Nothing
//! outside the folder is touched.

mod index;
mod layout;
mod modes;
mod work;
mod write;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::Implementation;
use crate::factory::StorageContext;
use crate::options::{OptionKind, OptionSpec, Options};
use crate::{Abilities, Saved, Storage, StorageError};
use vcon_document::VconId;

/// The options; their defaults stand where they are read.
#[derive(Debug, Clone)]
pub struct FileOptions {
    /// The folder.
    pub path: PathBuf,
    /// Whether files lie in `YYYY/MM/DD` folders.
    pub organize_by_date: bool,
    /// Whether files are gzipped.
    pub compression: bool,
    /// The longest text, in bytes before compression.
    pub max_file_size: u64,
    /// The mode of files.
    pub file_permissions: u32,
    /// The mode of folders that are made below [`FileOptions::path`].
    pub dir_permissions: u32,
}

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("path", OptionKind::Text),
    OptionSpec::new("organize_by_date", OptionKind::Flag),
    OptionSpec::new("compression", OptionKind::Flag),
    OptionSpec::new(
        "max_file_size",
        OptionKind::Whole {
            min: 1,
            max: 0xFFFF_FFFF,
        },
    ),
    OptionSpec::new("file_permissions", OptionKind::FileMode),
    OptionSpec::new("dir_permissions", OptionKind::FileMode),
];

pub(super) const IMPLEMENTATION: Implementation = Implementation {
    options: OPTIONS,
    build,
};

fn build(options: &mut Options, context: &StorageContext) -> Option<Arc<dyn Storage>> {
    let options = FileOptions::read(options, &context.data_dir);
    Some(Arc::new(FileStorage::new(options)))
}

impl FileOptions {
    /// Reads them; `base` is where a relative `path` begins.
    pub(super) fn read(options: &mut Options, base: &std::path::Path) -> Self {
        Self {
            path: base.join(options.text("path").unwrap_or_else(|| "/data/vcons".to_owned())),
            organize_by_date: options.flag("organize_by_date", true),
            compression: options.flag("compression", false),
            max_file_size: options.whole("max_file_size", 10 * 1024 * 1024),
            file_permissions: modes::read(options, "file_permissions", 0o644),
            dir_permissions: modes::read(options, "dir_permissions", 0o755),
        }
    }
}

/// The adapter.
#[derive(Debug)]
pub struct FileStorage {
    shared: Arc<Shared>,
}

/// What the blocking threads need.
#[derive(Debug)]
struct Shared {
    options: FileOptions,
    index: index::Index,
    /// Changes of one vCon go one after the other: ids share these locks by their hash.
    turns: [Mutex<()>; 64],
}

impl Shared {
    fn turn(&self, id: &VconId) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let place = hasher.finish() % 64;
        let turn = self.turns.get(usize::try_from(place).unwrap_or_default())?;
        Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FileStorage {
    /// Makes it; touches nothing yet.
    #[must_use]
    pub fn new(options: FileOptions) -> Self {
        let turns = std::array::from_fn(|_| Mutex::new(()));
        Self {
            shared: Arc::new(Shared {
                options,
                index: index::Index::default(),
                turns,
            }),
        }
    }

    /// Runs blocking work away from the async threads.
    async fn run<T, W>(&self, work: W) -> Result<T, StorageError>
    where
        T: Send + 'static,
        W: FnOnce(&Shared, &AtomicBool) -> Result<T, StorageError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let given_up = GivenUp::default();
        let flag = Arc::clone(&given_up.0);
        let done = tokio::task::spawn_blocking(move || work(&shared, &flag)).await;
        done.map_err(|_| {
            StorageError::Permanent(format!(
                "file storage {}: the work broke off",
                self.shared.options.path.display()
            ))
        })?
    }
}

/// Set when nobody waits for the work any more: a write that timed out must not replace a newer one later.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[async_trait]
impl Storage for FileStorage {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: true,
            delete: true,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let saved = saved.clone();
        self.run(move |shared, given_up| {
            let _turn = shared.turn(&saved.id);
            work::save(&shared.options, &shared.index, &saved, given_up)
        })
        .await
    }

    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        let id = id.clone();
        self.run(move |shared, _| work::get(&shared.options, &id)).await
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        let id = id.clone();
        self.run(move |shared, _| {
            let _turn = shared.turn(&id);
            work::delete(&shared.options, &shared.index, &id)
        })
        .await
    }
}
