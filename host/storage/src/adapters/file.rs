//! Saves vCons as files in a folder.
//!
//! Guarantee: a reader sees the old file or the new one, whole. A save that returned `Ok` is on the
//! disk, with its file and folders synced. Each vCon has one file. If several hosts share the
//! folder, an older file may remain for a while, and reads take the newest. Nothing outside the
//! folder is touched.

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

/// Options of the file storage. [`FileOptions::read`] has their defaults.
#[derive(Debug, Clone)]
pub struct FileOptions {
    /// Folder of all files.
    pub path: PathBuf,
    /// Puts files into `YYYY/MM/DD` folders.
    pub organize_by_date: bool,
    /// Compresses files with gzip.
    pub compression: bool,
    /// Maximum length of a text, in bytes before compression.
    pub max_file_size: u64,
    /// Mode of the files.
    pub file_permissions: u32,
    /// Mode of the folders that are created below [`FileOptions::path`].
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
    /// Reads the options. A relative `path` begins in `base`.
    fn read(options: &mut Options, base: &std::path::Path) -> Self {
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

/// The file storage.
#[derive(Debug)]
pub struct FileStorage {
    shared: Arc<Shared>,
}

/// The part that blocking threads use.
#[derive(Debug)]
struct Shared {
    options: FileOptions,
    index: index::Index,
    /// Locks that make changes of one vCon run one after the other. Ids share them by their hash.
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
    /// Creates a storage. Nothing on the disk is touched yet.
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

    /// Runs blocking work away from the async threads. The flag that the work gets is set once
    /// nobody waits for the result any more.
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
                "file storage {}: the work ended early (a fault in the program)",
                self.shared.options.path.display()
            ))
        })?
    }
}

/// Sets its flag when it is dropped, so that a write that timed out does not replace a newer file
/// later.
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
